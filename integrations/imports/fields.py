"""What a column of a list can be: the field's name in both languages, the headers it goes by, how it is cleaned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.lib.text import fold
from integrations.imports import cleaning
from integrations.models import Import

LEADS, COMPANIES = Import.Kind.LEADS.value, Import.Kind.COMPANIES.value
COMPANY, PERSON, LEAD = _("Company"), _("Person"), _("Lead")

IGNORED = ""
# Columns that our own report adds; they are never asked about.
REPORT_COLUMNS = ("元の行 (line)", "入らなかった理由 (reason)")


@dataclass(frozen=True)
class Field:
    """`headers` are what the column is called in lists, folded as a search is; `how` says the cleaning in words."""

    key: str
    group: str | Promise
    label: str | Promise
    how: str | Promise
    clean: Callable[[str, cleaning.Context], Any]
    headers: str
    kinds: tuple[str, ...] = (LEADS, COMPANIES)

    @property
    def names(self) -> list[str]:
        return [fold(header) for header in self.headers.split()]


_text = _("spaces at both ends are taken off")
_kana = _("half-width kana become full-width")

FIELDS: tuple[Field, ...] = (
    Field("company_name", COMPANY, _("company name"), _("half-width kana become full-width, ㈱ stays comparable"),
          cleaning.company_name,
          "会社名 企業名 社名 会社 貴社名 御社名 法人名 商号 名称 勤務先 取引先名 取引先 顧客名 得意先名 団体名 組織名 会社名(漢字) 所属 所属会社 "
          "company companyname account accountname organization employer 商号又は名称 会社名・団体名 お客様名 お客様会社名"),
    Field("company_kana", COMPANY, _("company name (kana)"), _kana, cleaning.company_kana,
          "会社名カナ 会社名かな 会社名(カナ) 会社名フリガナ 会社名ふりがな 企業名カナ 社名カナ 社名フリガナ 法人名カナ 法人名フリガナ 商号カナ companykana 会社カナ 取引先名カナ"),
    Field("latin_name", COMPANY, _("name in Latin letters"), _text, cleaning.text(200),
          "英文社名 英語名 会社名(英語) 英字社名 english englishname latinname 英語表記 会社名英語", (COMPANIES,)),
    Field("corporate_number", COMPANY, _("corporate number"), _("thirteen digits, the check digit is verified"),
          cleaning.corporate_number,
          "法人番号 国税庁法人番号 corporatenumber corporateno hojinbango インボイス番号 適格請求書発行事業者登録番号 登録番号 t番号", (COMPANIES,)),
    Field("company_phone", COMPANY, _("company phone"), _("full-width digits, hyphens and lost zeros are put right"),
          cleaning.phone, "代表電話 代表電話番号 会社電話 会社電話番号 会社tel 代表tel companyphone mainphone 本社電話番号", (COMPANIES,)),
    Field("domain", COMPANY, _("web site"), _("only the domain is kept"), cleaning.domain,
          "url ホームページ webサイト サイト website web hp 会社url domain ドメイン ウェブサイト homepage", (COMPANIES,)),
    Field("industry", COMPANY, _("industry"), _text, cleaning.text(40), "業種 業界 industry 業種名 事業内容 業態"),
    Field("employees", COMPANY, _("employees"), _("digits only: 約120名 becomes 120"), cleaning.number,
          "従業員数 社員数 従業員 人数 employees employeecount 従業員規模 社員規模 企業規模"),
    Field("postal_code", COMPANY, _("postal code"), _("seven digits; lost zeros are put back"), cleaning.postal_code,
          "郵便番号 〒 postal postalcode zip zipcode 会社郵便番号 郵便"),
    Field("address", COMPANY, _("address"), _("divided into prefecture, city and the rest"), cleaning.address,
          "住所 所在地 会社住所 本社住所 address 住所1 本店所在地 勤務先住所 ご住所 本社所在地"),
    Field("prefecture", COMPANY, _("prefecture"), _("東京 becomes 東京都"), cleaning.prefecture,
          "都道府県 都道府県名 prefecture state 県 県名"),
    Field("city", COMPANY, _("city"), _text, cleaning.text(60), "市区町村 市町村 市区郡 city 市区町村名"),
    Field("street", COMPANY, _("street"), _text, cleaning.text(200), "番地 町名番地 street 丁目番地 丁目番地等 以降の住所 住所2 町域番地 それ以降の住所"),
    Field("changed_on", COMPANY, _("name and address as of"), _("also 令和7年3月1日; the newest line counts"),
          cleaning.past_day, "更新年月日 変更年月日 changedon 変更日 最終更新日 更新日", (COMPANIES,)),
    Field("notes", COMPANY, _("notes"), _text, cleaning.text(5000), "備考 メモ notes note memo remarks コメント 摘要", (COMPANIES,)),
    Field("person", PERSON, _("name (both in one)"), _("divided at the space into family and given name"),
          cleaning.person, "氏名 お名前 名前 担当者 担当者名 ご担当者 ご担当者名 ご芳名 お名前(漢字) fullname contact contactname 担当 先方担当者 来場者名 参加者名 参加者"),
    Field("person_kana", PERSON, _("kana (both in one)"), _("becomes katakana"), cleaning.person_kana,
          "ふりがな フリガナ 氏名カナ 氏名かな 氏名(カナ) 氏名フリガナ お名前カナ 名前カナ 担当者カナ よみがな fullnamekana 氏名ふりがな お名前(カナ)"),
    Field("family_name", PERSON, _("family name"), _text, cleaning.text(40), "姓 苗字 名字 lastname familyname surname 氏 姓(漢字) セイ(漢字)"),
    Field("given_name", PERSON, _("given name"), _text, cleaning.text(40), "名 下の名前 firstname givenname 名(漢字)"),
    Field("family_kana", PERSON, _("family name (kana)"), _("becomes katakana"), cleaning.name_kana, "セイ せい 姓カナ 姓かな 姓フリガナ lastnamekana 姓(カナ) familykana 姓ふりがな"),
    Field("given_kana", PERSON, _("given name (kana)"), _("becomes katakana"), cleaning.name_kana, "メイ めい 名カナ 名かな 名フリガナ firstnamekana 名(カナ) givenkana 名ふりがな"),
    Field("department", PERSON, _("department"), _text, cleaning.text(80), "部署 部署名 所属部署 部門 department division 事業部 部課 所属部門 部署・役職"),
    Field("title", PERSON, _("title"), _text, cleaning.text(80), "役職 役職名 肩書 肩書き title position jobtitle 職位"),
    Field("email", PERSON, _("e-mail"), _("becomes lower case, full-width signs are put right"), cleaning.email,
          "メール メールアドレス email mail mailaddress emailaddress アドレス eメール e-mailアドレス pcメール 会社メール メールアドレス1"),
    Field("phone", PERSON, _("phone"), _("full-width digits, hyphens and lost zeros are put right"), cleaning.phone,
          "電話 電話番号 tel phone phonenumber telephone 連絡先 直通 直通電話 お電話番号 会社電話番号 tel番号 連絡先電話番号"),
    Field("mobile", PERSON, _("mobile"), _("full-width digits, hyphens and lost zeros are put right"), cleaning.phone,
          "携帯 携帯電話 携帯番号 携帯電話番号 mobile cell mobilephone cellphone"),
    Field("interest", LEAD, _("what they ask"), _text, cleaning.text(5000),
          "お問い合わせ内容 問い合わせ内容 興味 関心 ご関心 ご興味 ご要望 要望 内容 アンケート 興味のある製品 interest inquiry message 備考 メモ コメント notes ご相談内容 お問合せ内容 関心事項 商談メモ", (LEADS,)),
    Field("received_on", LEAD, _("day it came in"), _("also 令和8年7月9日 and 7/9"), cleaning.past_day,
          "来場日 登録日 受付日 発生日 問い合わせ日 お問い合わせ日 日付 名刺交換日 交換日 receivedat date createdat 受信日 受信日時 登録日時 申込日 ダウンロード日 日時 お問い合わせ日時 送信日時 タイムスタンプ timestamp", (LEADS,)),
)  # fmt: skip

BY_KEY = {field.key: field for field in FIELDS}


def of_kind(kind: str) -> list[Field]:
    """The fields that a list of the kind can fill, in the order of the form."""
    return [field for field in FIELDS if kind in field.kinds]


def grouped(kind: str) -> list[tuple[str | Promise, list[Field]]]:
    """For the select: the fields under 企業, 担当者 and リード."""
    return [
        (group, [field for field in of_kind(kind) if field.group is group])
        for group in (COMPANY, PERSON, LEAD)
        if any(field.group is group for field in of_kind(kind))
    ]
