"""Lists that were brought in: one with lines that could not be kept, one with fields of the company's own, and one by mistake, which was undone."""

from __future__ import annotations

from django.core.files.base import ContentFile

from integrations.imports import columns, deciding, undoing, upload, work
from integrations.models import Import
from staff.models import User

EXHIBITION = """会社名,代表電話,住所,業種,従業員数,氏名,部署,E-mail
株式会社朝霧精機,03-3762-2101,東京都大田区大森南2-4-8,製造,85,渡会 恵,生産技術部,watarai@asagiri-seiki.example
かすみ食品工業株式会社,048-662-4410,埼玉県さいたま市北区宮原町3-12-1,食品,140,堀江 健,製造部,horie@kasumi-foods.example
湘北テクノ株式会社,0463-31-8820,神奈川県平塚市四之宮2-5-3,製造,60,本庄 学,,honjo@@shohoku-techno.example
東総電装株式会社,0479-23-4501,千葉県銚子市三崎町2-1-9,製造,45,飯岡 聡,品質保証部,iioka@toso-denso.example
,03-5555-1020,東京都港区芝3-2-1,卸売,,三田 優子,購買部,mita@example.com
みちのく包装資材株式会社,内線のみ,宮城県仙台市若林区卸町2-8-5,卸売,32,菅井 誠,営業部,sugai@michinoku-hoso.example
有限会社浅間金型,0267-22-1180,長野県小諸市甲128-3,製造,約20名,小諸 剛,,komoro@asama-kanagata.example
株式会社朝霧精機,03-3762-2101,東京都大田区大森南2-4-8,製造,85,樋川 涼,購買課,hikawa@asagiri-seiki.example
相模リネン株式会社,0466-44-9010,神奈川県藤沢市石川4-7-2,サービス,210,綾瀬 由美,管理部,ayase@sagami-linen.example
"""
OLD_LEDGER = """得意先名,電話番号,都道府県,備考
丸伊興産株式会社,0268-22-7301,長野県,2016年で取引終了
株式会社ホクシン計装,025-243-6120,新潟県,旧システムの控え
武尊木材株式会社,0278-24-1150,群馬県,
"""


WORKS = """会社名,氏名,部署,E-mail,工場見学に来た,与信ランク
株式会社朝霧精機,渡会 恵,生産技術部,watarai@asagiri-seiki.example,○,Ａ
かすみ食品工業株式会社,堀江 健,製造部,horie@kasumi-foods.example,×,B
東総電装株式会社,飯岡 聡,品質保証部,iioka@toso-denso.example,はい,
相模リネン株式会社,綾瀬 由美,管理部,ayase@sagami-linen.example,○,B
"""


def bring_in(by: User) -> None:
    """Both, as a person does it on the pages."""
    through("関東ものづくり展_来場企業.csv", EXHIBITION, by)
    mistaken = through("得意先台帳_2016.csv", OLD_LEDGER, by)
    undoing.begin(mistaken, by=by, seen=mistaken.version, for_workers=False)
    _until(mistaken, Import.State.UNDONE)


def bring_in_visitors(by: User) -> None:
    """Who came to see the works: people that are there already, with what only this company asks about them."""
    through("工場見学_来場者.csv", WORKS, by)


def through(name: str, content: str, by: User) -> Import:
    """The import of such a list of companies, done, with the columns and decisions that are proposed."""
    file = ContentFile(content.encode(), name)
    batch = upload.receive_file(file, kind=Import.Kind.COMPANIES, by=by, for_workers=False)
    batch = _until(batch, Import.State.MAPPING)
    chosen = [column["field"] for column in batch.columns]
    batch = _until(columns.confirm(batch, chosen, by=by, seen=batch.version), Import.State.READY)
    return _until(deciding.confirm(batch, by=by, seen=batch.version), Import.State.DONE)


def _until(batch: Import, state: str) -> Import:
    while batch.state != state:
        batch = work.advance(batch.pk) or batch
        if batch.state == Import.State.FAILED:
            raise ValueError(batch.problem)
    return batch
