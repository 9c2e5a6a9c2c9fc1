"""Lists as known apps write them: what their columns are called, and by which of them the app is known."""

from __future__ import annotations

from dataclasses import dataclass, field

from crm.lib.text import fold

# A column of the app that holds nothing of ours, although its name sounds like it.
LEFT_OUT = "-"


@dataclass(frozen=True)
class Preset:
    """`marks` are columns that only this app writes; two of them are enough. `names`: column → field, by kind or "*"."""

    name: str
    label: str
    marks: str
    names: dict[str, dict[str, str]] = field(default_factory=dict)


_CARDS = {
    "会社名": "company_name", "部署名": "department", "役職": "title", "氏名": "person", "姓": "family_name", "名": "given_name",
    "e-mail": "email", "郵便番号": "postal_code", "住所": "address", "TEL会社": "company_phone", "TEL部門": "other_phone", "TEL直通": "phone",
    "会社電話番号": "company_phone", "部門電話番号": "other_phone", "直通電話番号": "phone", "Fax": LEFT_OUT, "FAX番号": LEFT_OUT,
    "携帯電話": "mobile", "携帯電話番号": "mobile", "URL": "domain", "名刺交換日": LEFT_OUT, "名刺所有者": LEFT_OUT, "所有者": LEFT_OUT,
    "名刺登録日": LEFT_OUT, "登録日": LEFT_OUT, "最終更新日": LEFT_OUT, "名刺更新日": LEFT_OUT, "タグ": LEFT_OUT,
}  # fmt: skip
_CARDS_AS_LEADS = {
    **_CARDS, "TEL会社": "phone", "会社電話番号": "phone", "URL": LEFT_OUT, "名刺交換日": "received_on", "メモ": "interest",
}  # fmt: skip
PRESETS: tuple[Preset, ...] = (
    Preset(
        "sansan", "Sansan",
        "名刺ID|会社ID(Sansan)|人物ID|名刺交換日|名刺所有者|名刺作成者|名刺登録日|名刺メモ|SOC|人物メモ|Sansan組織コード|拠点コード(SOC)|会社コード(SOC)",
        {
            "*": {
                **_CARDS, "名刺ID": "sender_id", "人物ID": LEFT_OUT, "会社名カナ": "company_kana", "姓カナ": "family_kana",
                "名カナ": "given_kana", "姓（ふりがな）": "family_kana", "名（ふりがな）": "given_kana", "法人番号": "corporate_number",
                "会社コード(SOC)": LEFT_OUT, "拠点コード(SOC)": LEFT_OUT, "名刺メモ": "notes", "ビル名": LEFT_OUT,
            },
            "leads": {**_CARDS_AS_LEADS, "名刺ID": "sender_id", "名刺メモ": "interest"},
        },
    ),
    Preset(
        "eight", "Eight",
        "Eightでつながっている人|再データ化中の名刺|'?'を含んだデータ|「?」を含んだデータ|TEL会社|TEL部門|TEL直通",
        {"*": {**_CARDS, "Eightでつながっている人": LEFT_OUT, "再データ化中の名刺": LEFT_OUT, "'?'を含んだデータ": LEFT_OUT}, "leads": _CARDS_AS_LEADS},
    ),
    Preset(
        "mybridge", "myBridge",
        "名刺登録日|会社電話|会社住所|グループ|携帯番号|会社FAX|その他電話|会社ホームページ|登録経路",
        {
            "*": {
                "名前": "person", "氏名": "person", "フリガナ": "person_kana", "会社": "company_name", "会社名": "company_name", "部署": "department",
                "役職": "title", "メール": "email", "メールアドレス": "email", "携帯番号": "mobile", "携帯電話": "mobile", "会社電話": "company_phone",
                "電話番号": "phone", "直通電話": "phone", "会社FAX": LEFT_OUT, "FAX": LEFT_OUT, "会社住所": "address", "住所": "address",
                "会社ホームページ": "domain", "ホームページ": "domain", "メモ": "notes", "グループ": LEFT_OUT, "名刺登録日": LEFT_OUT,
                "その他電話": "other_phone", "登録経路": LEFT_OUT,
            },
            "leads": {"会社電話": "phone", "メモ": "interest", "名刺登録日": "received_on", "会社ホームページ": LEFT_OUT},
        },
    ),
    Preset(
        "hubspot", "HubSpot",
        "Record ID|レコードID|Lifecycle Stage|ライフサイクルステージ|HubSpot Score|Contact owner|コンタクト担当者|Company owner|会社の担当者|Deal owner|"
        "取引担当者|Company Domain Name|Deal Stage|取引ステージ|Associated Company|関連する会社|Create Date|Last Activity Date|Lead Status|"
        "Pipeline|Record ID - Contact|Country/Region",
        {
            "*": {
                "Record ID": "sender_id", "レコードID": "sender_id", "First Name": "given_name", "Last Name": "family_name",
                "姓": "family_name", "名": "given_name", "Email": "email", "Eメール": "email", "Phone Number": "phone",
                "Mobile Phone Number": "mobile", "携帯電話番号": "mobile", "Job Title": "title", "Company name": "company_name",
                "Associated Company": "company_name", "関連する会社": "company_name", "Associated Company (Primary)": "company_name",
                "Associated Company IDs": "company_ref", "Associated Company IDs (Primary)": "company_ref", "Company Domain Name": "domain",
                "会社のドメイン名": "domain", "Website URL": "domain", "Number of Employees": "employees", "Street Address": "street",
                "Postal Code": "postal_code", "State/Region": "prefecture", "City": "city", "Country/Region": LEFT_OUT,
                "Lifecycle Stage": LEFT_OUT, "ライフサイクルステージ": LEFT_OUT, "Lead Status": LEFT_OUT, "Contact owner": LEFT_OUT,
                "Company owner": LEFT_OUT, "コンタクト担当者": LEFT_OUT, "会社の担当者": LEFT_OUT, "Create Date": LEFT_OUT, "作成日": LEFT_OUT,
                "Last Activity Date": LEFT_OUT, "Last Modified Date": LEFT_OUT, "Pipeline": LEFT_OUT, "パイプライン": LEFT_OUT,
            },
            "companies": {"Phone Number": "company_phone", "電話番号": "company_phone", "Name": "company_name"},
            "leads": {"Create Date": "received_on", "作成日": "received_on", "Company Domain Name": LEFT_OUT, "Website URL": LEFT_OUT, "Message": "interest"},
            "deals": {
                "Deal Name": "deal_name", "取引名": "deal_name", "Deal Stage": "stage", "取引ステージ": "stage", "Amount": "amount",
                "金額": "amount", "Close Date": "close_on", "クローズ日": "close_on", "Deal owner": "owner", "取引担当者": "owner",
                "Create Date": "created_on", "作成日": "created_on", "Closed Lost Reason": "loss_reason", "失注理由": "loss_reason",
                "Is Closed Won": LEFT_OUT, "Deal Description": "outcome_note", "Original Source Type": LEFT_OUT,
                "Associated Contact": "person", "Phone Number": LEFT_OUT, "Job Title": LEFT_OUT,
            },
        },
    ),
    Preset(
        "salesforce", "Salesforce",
        "取引先責任者 ID|取引先 ID|商談 ID|商談名|フェーズ|完了予定日|取引先 所有者|商談 所有者|取引先責任者 所有者|StageName|CloseDate|AccountId|BillingState|"
        "BillingCity|LastName|OpportunityId|NumberOfEmployees|MailingCity|LeadSource|OwnerId|AccountName|Account.Name|CreatedDate|"
        "都道府県(請求先)|市区郡(請求先)|町名・番地(請求先)|郵便番号(請求先)|リード 所有者|リードソース|取引先 種別",
        {
            "*": {
                "取引先 ID": "sender_id", "取引先ID": "sender_id", "Id": "sender_id", "取引先名": "company_name", "取引先 名": "company_name",
                "Account Name": "company_name", "AccountName": "company_name", "Account.Name": "company_name",
                "取引先責任者 ID": "sender_id", "取引先責任者ID": "sender_id", "AccountId": "company_ref", "Web サイト": "domain", "Website": "domain",
                "従業員数": "employees", "NumberOfEmployees": "employees", "Industry": "industry",
                "都道府県(請求先)": "prefecture", "市区郡(請求先)": "city", "町名・番地(請求先)": "street", "郵便番号(請求先)": "postal_code",
                "都道府県(郵送先)": "prefecture", "市区郡(郵送先)": "city", "町名・番地(郵送先)": "street", "郵便番号(郵送先)": "postal_code",
                "BillingState": "prefecture", "BillingCity": "city", "BillingStreet": "street", "BillingPostalCode": "postal_code",
                "MailingState": "prefecture", "MailingCity": "city", "MailingStreet": "street", "MailingPostalCode": "postal_code",
                "BillingCountry": LEFT_OUT, "MailingCountry": LEFT_OUT, "国(請求先)": LEFT_OUT,
                "LastName": "family_name", "FirstName": "given_name", "Title": "title", "Department": "department", "MobilePhone": "mobile",
                "携帯": "mobile", "役職": "title", "部署": "department", "取引先 所有者": LEFT_OUT, "取引先責任者 所有者": LEFT_OUT, "リード 所有者": LEFT_OUT,
                "取引先 種別": LEFT_OUT, "OwnerId": LEFT_OUT, "CreatedDate": LEFT_OUT, "LastModifiedDate": LEFT_OUT, "最終更新日": LEFT_OUT,
                "作成日": LEFT_OUT, "Type": LEFT_OUT, "Fax": LEFT_OUT, "説明": "notes", "Description": "notes",
            },
            "companies": {"Name": "company_name", "電話": "company_phone", "Phone": "company_phone", "AccountId": "sender_id"},
            "leads": {
                "会社名": "company_name", "Company": "company_name", "リード ID": "sender_id", "作成日": "received_on", "CreatedDate": "received_on",
                "説明": "interest", "Description": "interest", "リードソース": LEFT_OUT, "LeadSource": LEFT_OUT, "Web サイト": LEFT_OUT,
                "Website": LEFT_OUT, "AccountId": LEFT_OUT,
            },
            "deals": {
                "商談 ID": "sender_id", "商談ID": "sender_id", "取引先 ID": "company_ref", "取引先ID": "company_ref", "商談名": "deal_name", "商談 名": "deal_name",
                "Name": "deal_name", "Opportunity Name": "deal_name", "フェーズ": "stage", "StageName": "stage", "Stage": "stage",
                "完了予定日": "close_on", "CloseDate": "close_on", "Close Date": "close_on", "Amount": "amount", "金額": "amount",
                "商談 所有者": "owner", "OwnerId": "owner", "Owner.Name": "owner", "作成日": "created_on", "CreatedDate": "created_on",
                "リードソース": "channel", "LeadSource": "channel", "説明": "outcome_note", "Description": "outcome_note", "Type": LEFT_OUT,
                "IsWon": LEFT_OUT, "IsClosed": LEFT_OUT, "Probability": LEFT_OUT, "確度(%)": LEFT_OUT, "種別": LEFT_OUT, "次のステップ": LEFT_OUT,
                "LastStageChangeDate": "stage_on", "最終フェーズ変更日": "stage_on",
            },
            "history": {
                "Id": LEFT_OUT, "商談 ID": "sender_id", "商談ID": "sender_id", "OpportunityId": "sender_id", "商談名": "deal_name", "フェーズ": "stage",
                "StageName": "stage", "Amount": "amount", "金額": "amount", "CloseDate": "close_on", "完了予定日": "close_on",
                "CreatedDate": "happened_on", "編集日": "happened_on", "最終更新日": "happened_on", "Field": "changed_field",
                "OldValue": "old_value", "NewValue": "new_value", "取引先名": "company_name",
            },
        },
    ),
    Preset(
        "kintone", "kintone",
        "レコード番号|レコードの開始行|更新者|作成者|作業者",
        {
            "*": {
                "レコード番号": "sender_id", "レコードの開始行": LEFT_OUT, "更新者": LEFT_OUT, "更新日時": LEFT_OUT, "作成者": LEFT_OUT,
                "作成日時": LEFT_OUT, "作業者": LEFT_OUT, "ステータス": LEFT_OUT, "カテゴリー": LEFT_OUT, "会社名": "company_name", "顧客名": "company_name",
                "担当者名": "person", "顧客担当者名": "person", "部署名": "department", "役職名": "title", "TEL": "phone", "FAX": LEFT_OUT,
                "Mail": "email", "メールアドレス": "email", "郵便番号": "postal_code", "住所": "address", "備考": "notes",
            },
            "leads": {"作成日時": "received_on", "備考": "interest"},
            "deals": {
                "案件名": "deal_name", "先方担当者": "person", "見込み時期": "close_on", "受注予定日": "close_on", "確度": LEFT_OUT, "製品名": LEFT_OUT,
                "単価": LEFT_OUT, "ユーザー数": LEFT_OUT, "小計": "amount", "合計": "amount", "案件担当者名": "owner", "担当者名": "owner",
                "作成日時": "created_on", "ステータス": "stage", "備考": "outcome_note", "TEL": LEFT_OUT, "部署名": LEFT_OUT, "役職名": LEFT_OUT,
                "郵便番号": LEFT_OUT, "住所": LEFT_OUT,
            },
            "history": {"更新日時": "happened_on", "ステータス": "stage"},
        },
    ),
)  # fmt: skip

NAMES = tuple(preset.name for preset in PRESETS)
LABELS = {preset.name: preset.label for preset in PRESETS}
_BY_NAME = {preset.name: preset for preset in PRESETS}


def recognise(columns: list[str]) -> str:
    """The app that wrote the list, "" when no app's own columns are in it."""
    there = {fold(name) for name in columns}
    found = {p.name: len(there & {fold(mark) for mark in p.marks.split("|")}) for p in PRESETS}
    best = max(NAMES, key=lambda name: found[name])
    return best if found[best] >= 2 else ""


def fields_of(name: str, kind: str) -> dict[str, str]:
    """Folded column name → field, or LEFT_OUT. Of fields that the kind does not have nothing comes in."""
    preset = _BY_NAME.get(name)
    if preset is None:
        return {}
    named = {**preset.names.get("*", {}), **preset.names.get(kind, {})}
    return {fold(column): key for column, key in named.items()}
