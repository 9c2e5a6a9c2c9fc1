from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from staff import people
from staff.models import Team, User


class Command(BaseCommand):
    help = "Creates the first administrator of an installation where nobody can sign in yet, and prints the start password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        try:
            validate_email(email)
        except ValidationError as wrong:
            raise CommandError(f"{email} is not an e-mail address.") from wrong
        if User.objects.people().exists():
            raise CommandError("Somebody can sign in already; administrators add people under 人とチーム.")
        if User.objects.filter(email=email).exists():
            raise CommandError(f"{email} belongs to somebody who may not sign in any more.")
        values = {
            "email": email,
            "family_name": email.partition("@")[0][:40],
            "role": User.Role.ADMIN,
            "team": Team.objects.get(parent=None),
        }
        _person, password = people.create_person(values, by=User.objects.system())
        self.stdout.write(f"{email}\n{password}")
        self.stderr.write("Sign in with these and change the password; it is shown only now.")
