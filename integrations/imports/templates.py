"""Lists to begin with: the headers that are understood, and one line as an example."""

from __future__ import annotations

from integrations.imports import own_fields
from integrations.models import Import
from staff.models import CustomField

_HEADERS: dict[str, str] = {
    Import.Kind.LEADS: "会社名,部署,役職,氏名,ふりがな,メールアドレス,電話番号,住所,来場日,お問い合わせ内容",
    Import.Kind.COMPANIES: "会社ID,会社名,会社名カナ,法人番号,代表電話,郵便番号,住所,業種,従業員数,拠点名,氏名,部署,役職,メールアドレス",
    Import.Kind.CONTACTS: "ID,会社名,部署,役職,姓,名,セイ,メイ,メールアドレス,電話番号,携帯電話",
    Import.Kind.DEALS: "案件ID,案件名,会社名,先方担当者,ステージ,金額,受注予定日,作成日,ステージ変更日,受注失注日,結果,失注理由,競合,担当営業,備考",
    Import.Kind.TOUCHES: "メールアドレス,会社名,氏名,日付,種別,チャネル,内容",
    Import.Kind.HISTORY: "案件ID,案件名,変更日,ステージ,金額,受注予定日",
}
_EXAMPLES: dict[str, str] = {
    Import.Kind.LEADS: "みなと物流株式会社,物流企画課,課長,成田 翔,なりた しょう,narita@minato.example,045-123-4567,神奈川県横浜市中区本町1-1,2026/7/9,検査装置の資料がほしい",
    Import.Kind.COMPANIES: "C-001,みなと物流株式会社,ミナトブツリュウ,,045-123-4567,2310005,神奈川県横浜市中区本町1-1,物流,120,本社,成田 翔,物流企画課,課長,narita@minato.example",
    Import.Kind.CONTACTS: "P-001,みなと物流株式会社,物流企画課,課長,成田,翔,ナリタ,ショウ,narita@minato.example,045-123-4567,090-1234-5678",
    Import.Kind.DEALS: "D-001,検査ライン更新,みなと物流株式会社,成田 翔,提案,1280万円,2026/9/30,2026/4/1,2026/6/10,,,,東西システム,佐藤 美咲,",
    Import.Kind.TOUCHES: "narita@minato.example,みなと物流株式会社,成田 翔,2026/7/9,資料ダウンロード,Webフォーム,検査装置の資料",
    Import.Kind.HISTORY: "D-001,検査ライン更新,2026/6/10,提案,1280万円,2026/9/30",
}


def rows(kind: str) -> list[list[str]]:
    """The header and the example, with the company's own fields."""
    own = own_fields.in_use(kind)
    header = [*_HEADERS[kind].split(","), *(str(field) for field in own)]
    return [header, [*_EXAMPLES[kind].split(","), *(_example(field) for field in own)]]


def _example(field: CustomField) -> str:
    kinds = CustomField.Kind
    found = {
        kinds.NUMBER: "12", kinds.MONEY: "128万円", kinds.DATE: "2026/9/30", kinds.PERSON: str(field.owner), kinds.YES_NO: "はい",
        kinds.CHOICE: field.choices[0] if field.choices else "",
    }  # fmt: skip
    return found.get(kinds(field.kind), "")
