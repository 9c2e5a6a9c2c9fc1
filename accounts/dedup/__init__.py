"""名寄せ: which records are one company, one person, one site.

reading → keys and blocks → evidence → decision → grouping. Nothing here knows the database: `accounts.matching` asks it
about stored companies, `manage.py match` about a list.

    reading.py    a record as it is compared: everything normalised, once
    sounds.py     kana, bank kana and romaji as one key
    names_read.py what a company's name says: name, site, former names, trade and group words
    evidence.py   what two groups of records have in common and what speaks against them, each with its reason
    rules.py      which evidence is certain, which is worth a question; the rows an admin edits
    asking.py     which question helps most
    grouping.py   a list against itself: companies
    people.py     … people in them
    sites.py      … and their sites
"""
