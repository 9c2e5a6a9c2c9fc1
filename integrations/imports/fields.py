"""What a column of a list can be: the field's name in both languages, the headers it goes by, how it is cleaned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.lib.text import fold
from integrations.imports import cleaning
from integrations.models import Import

LEADS, COMPANIES, CONTACTS = (
    Import.Kind.LEADS.value, Import.Kind.COMPANIES.value, Import.Kind.CONTACTS.value,
)  # fmt: skip
DEALS, TOUCHES, HISTORY = Import.Kind.DEALS.value, Import.Kind.TOUCHES.value, Import.Kind.HISTORY.value
OF_COMPANIES, ALL_OF_THEM = (COMPANIES, CONTACTS), tuple(Import.Kind.values)
COMPANY, PERSON, LEAD, DEAL, SENDER = _("Company"), _("Person"), _("Lead"), _("Deal"), _("Sender")

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
    kinds: tuple[str, ...] = (LEADS, COMPANIES, CONTACTS)
    # Cells that say nothing elsewhere, and something here.
    means: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        return [fold(header) for header in self.headers.split()]


_text = _("spaces at both ends are taken off")
_stands_in = _("taken where the first one is missing")
_kana = _("half-width kana become full-width")

FIELDS: tuple[Field, ...] = (
    Field("company_ref", SENDER, _("the sender's id of the company"), _("finds the company that came in under it"),
          cleaning.text(120), "取引先id accountid 取引先コード 会社id 企業id companyid 顧客id associatedcompanyid associatedcompanyids 関連会社id 顧客コード 顧客番号 会社コード 企業コード 得意先コード",
          (CONTACTS, DEALS)),
    Field("sender_id", SENDER, _("the sender's own id"), _("kept, so that the next list finds the record again"),
          cleaning.text(120),
          "id 管理番号 顧客番号 顧客コード 顧客id 取引先コード 取引先id 得意先コード 会社コード 企業コード 企業id 会社id 整理番号 レコード番号 recordid record_id "
          "record_no recordno companyid contactid leadid dealid accountid externalid 外部id 名刺id 案件番号 案件id 案件コード 商談id 商談番号 リードid 取引id opportunityid opportunityno uid 名刺番号",
          ALL_OF_THEM),
    Field("company_name", COMPANY, _("company name"), _("half-width kana become full-width, ㈱ stays comparable"),
          cleaning.company_name,
          "会社名 企業名 社名 会社 貴社名 御社名 法人名 商号 名称 勤務先 取引先名 取引先 顧客名 得意先名 団体名 組織名 会社名(漢字) 所属 所属会社 "
          "company companyname account accountname organization employer 商号又は名称 会社名・団体名 お客様名 お客様会社名", ALL_OF_THEM),
    Field("company_kana", COMPANY, _("company name (kana)"), _kana, cleaning.company_kana,
          "会社名カナ 会社名かな 会社名(カナ) 会社名フリガナ 会社名ふりがな 会社フリガナ 会社ふりがな 企業名カナ 社名カナ 社名フリガナ 法人名カナ 法人名フリガナ 商号カナ companykana 会社カナ 取引先名カナ", (LEADS, COMPANIES, CONTACTS, DEALS)),
    Field("latin_name", COMPANY, _("name in Latin letters"), _text, cleaning.text(200),
          "英文社名 英語名 会社名(英語) 英字社名 english englishname latinname 英語表記 会社名英語", OF_COMPANIES),
    Field("corporate_number", COMPANY, _("corporate number"), _("thirteen digits, the check digit is verified"),
          cleaning.corporate_number,
          "法人番号 国税庁法人番号 corporatenumber corporateno hojinbango インボイス番号 適格請求書発行事業者登録番号 登録番号 t番号", (COMPANIES, CONTACTS, DEALS)),
    Field("company_phone", COMPANY, _("company phone"), _("full-width digits, hyphens and lost zeros are put right"),
          cleaning.phone, "代表電話 代表電話番号 会社電話 会社電話番号 会社tel 代表tel companyphone mainphone 本社電話番号", (COMPANIES, CONTACTS, DEALS)),
    Field("domain", COMPANY, _("web site"), _("only the domain is kept"), cleaning.domain,
          "url ホームページ webサイト サイト website web hp 会社url domain ドメイン ウェブサイト homepage", (COMPANIES, CONTACTS, DEALS)),
    Field("industry", COMPANY, _("industry"), _text, cleaning.text(40), "業種 業界 industry 業種名 事業内容 業態"),
    Field("employees", COMPANY, _("employees"), _("digits only: 約120名 becomes 120"), cleaning.number,
          "従業員数 社員数 従業員 人数 employees employeecount 従業員規模 社員規模 企業規模"),
    Field("postal_code", COMPANY, _("postal code"), _("seven digits; lost zeros are put back"), cleaning.postal_code,
          "郵便番号 〒 postal postalcode zip zipcode 会社郵便番号 郵便"),
    Field("address", COMPANY, _("address"), _("divided into prefecture, city and the rest"), cleaning.address,
          "住所 所在地 会社住所 本社住所 address 住所1 本店所在地 勤務先住所 ご住所 本社所在地"),
    Field("prefecture", COMPANY, _("prefecture"), _("東京 becomes 東京都"), cleaning.prefecture,
          "都道府県 都道府県名 prefecture state 県 県名", (LEADS, COMPANIES, CONTACTS, DEALS)),
    Field("city", COMPANY, _("city"), _text, cleaning.text(60), "市区町村 市町村 市区郡 city 市区町村名", (LEADS, COMPANIES, CONTACTS, DEALS)),
    Field("street", COMPANY, _("street"), _text, cleaning.text(200), "番地 町名番地 street 丁目番地 丁目番地等 以降の住所 住所2 町域番地 それ以降の住所"),
    Field("division", COMPANY, _("division"), _("made below the company"), cleaning.text(120),
          "事業部 事業部名 カンパニー division divisionname 本部", OF_COMPANIES),
    Field("site", COMPANY, _("site"), _("made below the company, with the line's address and phone"), cleaning.text(120),
          "拠点 拠点名 支店 支店名 営業所 営業所名 事業所 事業所名 勤務地 支社 支社名 工場名 site sitename branch branchname office", OF_COMPANIES),
    Field("changed_on", COMPANY, _("name and address as of"), _("also 令和7年3月1日; the newest line counts"),
          cleaning.past_day, "更新年月日 変更年月日 changedon 変更日 最終更新日 更新日", OF_COMPANIES),
    Field("notes", COMPANY, _("notes"), _text, cleaning.text(5000), "備考 メモ notes note memo remarks コメント 摘要", OF_COMPANIES),
    Field("person", PERSON, _("name (both in one)"), _("divided at the space into family and given name"),
          cleaning.person, "氏名 お名前 名前 担当者 担当者名 ご担当者 ご担当者名 ご芳名 お名前(漢字) fullname contact contactname 担当 先方担当者 来場者名 参加者名 参加者", (LEADS, COMPANIES, CONTACTS, DEALS, TOUCHES)),
    Field("person_kana", PERSON, _("kana (both in one)"), _("becomes katakana"), cleaning.person_kana,
          "ふりがな フリガナ 氏名カナ 氏名かな 氏名(カナ) 氏名フリガナ お名前カナ 名前カナ 担当者カナ よみがな fullnamekana 氏名ふりがな お名前(カナ)"),
    Field("family_name", PERSON, _("family name"), _text, cleaning.text(40), "姓 苗字 名字 lastname familyname surname 氏 姓(漢字) セイ(漢字)", (LEADS, COMPANIES, CONTACTS, DEALS, TOUCHES)),
    Field("given_name", PERSON, _("given name"), _text, cleaning.text(40), "名 下の名前 firstname givenname 名(漢字)", (LEADS, COMPANIES, CONTACTS, DEALS, TOUCHES)),
    Field("family_kana", PERSON, _("family name (kana)"), _("becomes katakana"), cleaning.name_kana, "セイ せい 姓カナ 姓かな 姓フリガナ lastnamekana 姓(カナ) familykana 姓ふりがな"),
    Field("given_kana", PERSON, _("given name (kana)"), _("becomes katakana"), cleaning.name_kana, "メイ めい 名カナ 名かな 名フリガナ firstnamekana 名(カナ) givenkana 名ふりがな"),
    Field("department", PERSON, _("department"), _text, cleaning.text(80), "部署 部署名 所属部署 部門 department 事業部 部課 所属部門 部署・役職 組織 部・課 課"),
    Field("title", PERSON, _("title"), _text, cleaning.text(80), "役職 役職名 肩書 肩書き title position jobtitle 職位"),
    Field("email", PERSON, _("e-mail"), _("becomes lower case, full-width signs are put right"), cleaning.email,
          "メール メールアドレス email mail mailaddress emailaddress アドレス eメール e-mailアドレス pcメール 会社メール メールアドレス1", (LEADS, COMPANIES, CONTACTS, DEALS, TOUCHES)),
    Field("phone", PERSON, _("phone"), _("full-width digits, hyphens and lost zeros are put right"), cleaning.phone,
          "電話 電話番号 tel phone phonenumber telephone 連絡先 直通 直通電話 お電話番号 会社電話番号 tel番号 連絡先電話番号", (LEADS, COMPANIES, CONTACTS, TOUCHES)),
    Field("other_phone", PERSON, _("other phone"), _stands_in, cleaning.phone,
          "部門電話 部署電話 その他電話 電話番号2 電話2 tel2 phone2 部門電話番号 otherphone", (LEADS, COMPANIES, CONTACTS)),
    Field("mobile", PERSON, _("mobile"), _("full-width digits, hyphens and lost zeros are put right"), cleaning.phone,
          "携帯 携帯電話 携帯番号 携帯電話番号 mobile cell mobilephone cellphone"),
    Field("interest", LEAD, _("what they ask"), _text, cleaning.text(5000),
          "お問い合わせ内容 問い合わせ内容 興味 関心 ご関心 ご興味 ご要望 要望 内容 アンケート 興味のある製品 interest inquiry message 備考 メモ コメント notes ご相談内容 お問合せ内容 関心事項 商談メモ", (LEADS,)),
    Field("received_on", LEAD, _("day it came in"), _("also 令和8年7月9日 and 7/9"), cleaning.past_day,
          "来場日 登録日 受付日 発生日 問い合わせ日 お問い合わせ日 日付 名刺交換日 交換日 receivedat date createdat 受信日 受信日時 登録日時 申込日 ダウンロード日 日時 お問い合わせ日時 送信日時 タイムスタンプ timestamp", (LEADS,)),
    Field("touch_kind", LEAD, _("kind of touch"), _("展示会, 資料DL, セミナー …"), cleaning.text(40),
          "種別 種類 タッチ種別 接点 接点種別 行動 アクション 反応 区分 kind type touch touchtype activity activitytype イベント種別 きっかけ", (TOUCHES,)),
    Field("channel", LEAD, _("channel"), _("by its name"), cleaning.text(60),
          "チャネル 流入経路 流入元 経路 獲得経路 リードソース 媒体 ソース channel source leadsource 集客チャネル", (TOUCHES, DEALS)),
    Field("detail", LEAD, _("what it was about"), _text, cleaning.text(200),
          "内容 詳細 件名 資料名 イベント名 展示会名 セミナー名 キャンペーン キャンペーン名 メッセージ タイトル detail subject campaign message title page ページ", (TOUCHES,)),
    Field("touched_on", LEAD, _("day of the touch"), _("also 令和8年7月9日 and 7/9"), cleaning.past_day,
          "日付 日時 接触日 発生日 発生日時 行動日 行動日時 来場日 ダウンロード日 参加日 date at datetime timestamp activitydate createdat 登録日 受付日", (TOUCHES,)),
    Field("deal_name", DEAL, _("deal name"), _text, cleaning.text(120),
          "案件名 案件 商談名 商談 取引名 件名 dealname deal opportunity opportunityname name プロジェクト名 案件名称", (DEALS, HISTORY)),
    Field("stage", DEAL, _("stage"), _("by its name; 受注 and 失注 close the deal"), cleaning.text(60),
          "ステージ フェーズ 商談フェーズ 取引ステージ 段階 進捗 ステータス 状態 stage stagename dealstage phase status 案件ステージ 営業ステージ パイプラインステージ 変更後ステージ",
          (DEALS, HISTORY)),
    Field("amount", DEAL, _("amount"), _("whole yen; 128万 and 1.2億 too, also by the header: 金額(千円)"), cleaning.amount,
          "金額 商談金額 案件金額 受注金額 売上 売上金額 見込金額 見込み金額 受注見込金額 予定金額 amount value dealamount 金額(税抜) 見積金額 契約金額 合計 規模",
          (DEALS, HISTORY)),
    Field("close_on", DEAL, _("expected close"), _("also 令和8年7月9日"), cleaning.any_day,
          "受注予定日 完了予定日 クローズ予定日 クローズ日 受注予定 見込み時期 見込時期 closedate expectedclose expectedclosedate closeon 締結予定日 契約予定日 完了日予定",
          (DEALS, HISTORY)),
    Field("created_on", DEAL, _("day the deal was made"), _("also 令和8年7月9日"), cleaning.past_day,
          "作成日 案件作成日 商談作成日 登録日 発生日 開始日 createdate createddate createdat createdon 作成日時 起票日 案件発生日 商談開始日", (DEALS,)),
    Field("stage_on", DEAL, _("in the stage since"), _("also 令和8年7月9日"), cleaning.past_day,
          "ステージ変更日 フェーズ変更日 ステージ開始日 現ステージ開始日 laststagechangedate stageenteredat stagedate stagesince 最終ステージ変更日 ステージ更新日", (DEALS,)),
    Field("closed_on", DEAL, _("day it was closed"), _("also 令和8年7月9日"), cleaning.past_day,
          "受注日 失注日 完了日 決着日 結果日 クローズ実績日 成約日 契約日 受注失注日 受注・失注日 受注/失注日 closedon closedat closeddate 確定日 終了日", (DEALS,)),
    Field("outcome", DEAL, _("won or lost"), _("受注, 失注, won, lost"), cleaning.outcome,
          "結果 勝敗 受注失注 受失注 受注・失注 受注/失注 成否 outcome result iswon 受注区分 案件結果", (DEALS,)),
    Field("loss_reason", DEAL, _("reason of the loss"), _("by its name; another one is kept as a note"), cleaning.text(200),
          "失注理由 失注要因 敗因 理由 lossreason closedlostreason reason 失注理由区分 不成立理由", (DEALS,)),
    Field("competitor", DEAL, _("competitor"), _text, cleaning.text(80), "競合 競合他社 競合会社 競合先 competitor competitors 競合企業", (DEALS,)),
    Field("outcome_note", DEAL, _("note"), _text, cleaning.text(5000), "備考 メモ 説明 コメント 案件メモ notes note memo description remarks 商談メモ 摘要", (DEALS,)),
    Field("owner", DEAL, _("owner"), _("by mail address or name"), cleaning.text(120),
          "所有者 商談所有者 商談 所有者 担当営業 営業担当 営業担当者 自社担当 自社担当者 案件担当者 案件担当者名 取引担当者 主担当 owner dealowner opportunityowner ownername 弊社担当 当社担当 営業担当者名 担当者(自社)", (DEALS,)),
    Field("happened_on", DEAL, _("day of the change"), _("also 令和8年7月9日"), cleaning.past_day,
          "変更日 変更日時 日付 日時 更新日 更新日時 発生日 編集日 履歴日 基準日 時点 date at createddate happenedat changedat changedate timestamp datetime 記録日", (HISTORY,)),
    Field("changed_field", DEAL, _("what changed"), _("ステージ, 金額 or 受注予定日"), cleaning.text(60),
          "項目 変更項目 フィールド 項目名 変更内容 field changedfield 列 属性 fieldname property", (HISTORY,)),
    Field("old_value", DEAL, _("before"), _text, cleaning.text(200), "変更前 旧値 元の値 変更前の値 前 oldvalue old before 以前の値 from 変更前値", (HISTORY,)),
    Field("new_value", DEAL, _("after"), _text, cleaning.text(200), "変更後 新値 新しい値 変更後の値 後 newvalue new after to 変更後値 値", (HISTORY,)),
)  # fmt: skip

BY_KEY = {field.key: field for field in FIELDS}


def of_kind(kind: str) -> list[Field]:
    """The fields that a list of the kind can fill, in the order of the form."""
    return [_for_leads(field) if kind == LEADS else field for field in FIELDS if kind in field.kinds]


def _for_leads(field: Field) -> Field:
    """A lead has one phone: what is called otherwise elsewhere stands in for it."""
    return replace(field, how=_stands_in) if field.key == "mobile" else field


def grouped(kind: str) -> list[tuple[str | Promise, list[Field]]]:
    """For the select: the fields under 企業, 担当者 and リード."""
    return [
        (group, [field for field in of_kind(kind) if field.group is group])
        for group in (COMPANY, PERSON, LEAD, DEAL, SENDER)
        if any(field.group is group for field in of_kind(kind))
    ]
