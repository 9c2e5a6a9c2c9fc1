"""What a company begins with, and changes: stages, what must be known or done before leaving each, when their deals
stand still, and why deals are lost and won."""

from django.db import migrations

FIELD, QUESTION, ACTIVITY, FILE = "field", "question", "activity", "file"
TALK = ["call", "meeting", "visit"]

# (Japanese, English, probability %, days until stalled, criteria)
# criterion: (code, Japanese, English, kind, what meets it, how to ask in Japanese, in English)
STAGES = [
    ("新規リード", "New lead", 5, 2, [
        ("contact", "窓口", "Contact", FIELD, "contact", "「ご担当はどなたですか」", "“Who looks after this?”"),
        ("topic", "相談内容", "Topic", QUESTION, None, "「どんなことでお困りですか」", "“What made you write to us?”"),
    ]),
    ("一次接触", "First contact", 10, 14, [
        ("talk", "初回の会話", "First talk", ACTIVITY, TALK, "「10分だけお話しできますか」", "“Do you have ten minutes?”"),
        ("interest", "関心のあるテーマ", "Interest", QUESTION, None, "「いま一番気になるのはどこですか」", "“What matters most right now?”"),
        ("next_step", "次の約束", "Next step", FIELD, "next_action_on", "「次はいつお話しできますか」", "“When shall we talk next?”"),
    ]),
    ("要件確認", "Discovery", 25, 14, [
        ("decision_maker", "意思決定者", "Decision maker", QUESTION, None, "「最後に決めるのはどなたですか」", "“Who decides in the end?”"),
        ("issue", "課題", "Issue", QUESTION, None, "「困っている場面を教えてください」", "“When does it hurt?”"),
        ("budget", "予算", "Budget", FIELD, "budget", "「いくらまでなら部長の裁量ですか」", "“What may your manager decide alone?”"),
        ("timing", "導入時期", "Timing", FIELD, "wanted_on", "「いつまでに動いていたいですか」", "“When should it be running?”"),
        ("competitor", "競合", "Competitor", FIELD, "competitor", "「ほかに見ているものは」", "“What else are you looking at?”"),
    ]),
    ("提案", "Proposal", 40, 10, [
        ("amount", "金額", "Amount", FIELD, "amount", "「概算はこのくらいです」", "“It will be about this much.”"),
        ("proposal", "提案の説明", "Proposal made", ACTIVITY, ["proposal"], "「ご説明の時間をいただけますか」", "“May we walk you through it?”"),
        ("reaction", "提案への反応", "Reaction", QUESTION, None, "「足りないところはどこですか」", "“What is missing?”"),
    ]),
    ("見積", "Quote", 60, 10, [
        ("quote", "見積書", "Quote", FILE, "quote", "「見積書はどなた宛てにしますか」", "“To whom shall we address the quote?”"),
        ("close_on", "受注予定日", "Expected close", FIELD, "close_on", "「いつ頃お決めになりますか」", "“When will you decide?”"),
        ("approval", "社内の決裁の道", "Approval path", QUESTION, None, "「稟議はどなたを通りますか」", "“Who must approve it?”"),
    ]),
    ("交渉", "Negotiation", 80, 14, [
        ("terms", "契約条件の合意", "Terms agreed", QUESTION, None, "「支払と納期はこの条件でよいですか」", "“Do payment and delivery suit you?”"),
        ("approval_date", "決裁の日", "Approval date", QUESTION, None, "「決裁はいつおりますか」", "“When will it be approved?”"),
        ("order", "注文書・契約書", "Order or contract", FILE, "contract", "「注文書をいただけますか」", "“May we have the order?”"),
        ("billing_to", "請求先", "Billing address", QUESTION, None, "「請求書はどちらへお送りしますか」", "“Where shall we send the invoice?”"),
    ]),
]

LOSS_REASONS = [
    ("features", "競合の機能", "Competitor's features"),
    ("timing", "時期が合わない", "Timing"),
    ("price", "価格", "Price"),
    ("no_decider", "決裁者に届かず", "Never reached the decision maker"),
    ("silent", "連絡が途絶えた", "Went silent"),
    ("no_need", "必要がなくなった", "No longer needed"),
    ("other", "その他", "Other"),
]

WIN_REASONS = [
    ("fit", "課題に合っていた", "Fits the need"),
    ("proposal", "提案の中身", "The proposal itself"),
    ("price", "価格", "Price"),
    ("speed", "対応の速さ", "Quick answers"),
    ("references", "導入実績", "References"),
    ("relation", "これまでの取引", "Long relation"),
    ("other", "その他", "Other"),
]

# (kind, days) of the stall rules: in every stage, from 要件確認 on, from 提案 on.
EVERYWHERE = [("close", 1), ("overdue", 3), ("no_action", 7)]
FROM_DISCOVERY = [("silence", 14)]
FROM_PROPOSAL = [("unanswered", 7)]


def add_pipeline(apps, schema_editor):
    Pipeline = apps.get_model("pipeline", "Pipeline")
    Stage = apps.get_model("pipeline", "Stage")
    pipeline = Pipeline.objects.create(name_ja="標準", name_en="Standard", is_default=True)
    for position, (ja, en, probability, patience, criteria) in enumerate(STAGES, 1):
        stage = Stage.objects.create(
            pipeline=pipeline, name_ja=ja, name_en=en, position=position, kind="open",
            probability=probability, patience_days=patience,
        )
        add_criteria(apps, stage, criteria)
    for position, (ja, en, kind, probability) in enumerate([("受注", "Won", "won", 100), ("失注", "Lost", "lost", 0)], 90):
        Stage.objects.create(
            pipeline=pipeline, name_ja=ja, name_en=en, position=position, kind=kind, probability=probability, patience_days=0
        )
    LossReason = apps.get_model("pipeline", "LossReason")
    for position, (code, ja, en) in enumerate(LOSS_REASONS):
        LossReason.objects.create(code=code, name_ja=ja, name_en=en, position=position)


def add_criteria(apps, stage, criteria):
    ExitCriterion = apps.get_model("pipeline", "ExitCriterion")
    for position, (code, ja, en, kind, met_by, ask_ja, ask_en) in enumerate(criteria):
        ExitCriterion.objects.create(
            stage=stage, code=code, position=position, name_ja=ja, name_en=en, kind=kind,
            question_ja=ask_ja, question_en=ask_en,
            field=met_by if kind == FIELD else "",
            activity_kinds=met_by if kind == ACTIVITY else [],
            file_kind=met_by if kind == FILE else "",
        )


def add_rules(apps, schema_editor):
    Stage = apps.get_model("pipeline", "Stage")
    StallRule = apps.get_model("pipeline", "StallRule")
    stages = Stage.objects.filter(pipeline__is_default=True, kind="open").order_by("position")
    for n, stage in enumerate(stages):
        plain = EVERYWHERE + (FROM_DISCOVERY if n >= 2 else []) + (FROM_PROPOSAL if n >= 3 else [])
        rules = [StallRule(stage=stage, kind=kind, days=days) for kind, days in plain]
        if n == 3:
            rules.append(StallRule(stage=stage, kind="absent", days=14, activity_kind="proposal", after="stage"))
        StallRule.objects.bulk_create(rules)


def add_reasons(apps, schema_editor):
    WinReason = apps.get_model("pipeline", "WinReason")
    for position, (code, ja, en) in enumerate(WIN_REASONS, 1):
        WinReason.objects.create(code=code, name_ja=ja, name_en=en, position=position)


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0002_figures_are_added_up_ahead")]
    operations = [
        migrations.RunPython(add_pipeline, migrations.RunPython.noop),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
        migrations.RunPython(add_reasons, migrations.RunPython.noop),
        # The stages that it begins with are no change of the stages that deals have walked.
        migrations.RunSQL("DELETE FROM pipeline_rollupdelta", migrations.RunSQL.noop),
    ]
