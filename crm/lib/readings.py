"""How frequent family names, and the words that firms are named by, are read: for finding a name that nobody gave the kana of.

Only for searching: a guess is never stored as somebody's reading, and never shown.
"""

# ruff: noqa: SIM905 (word lists read better as text)

from __future__ import annotations

from functools import lru_cache

_FAMILY = """
佐藤:サトウ 鈴木:スズキ 高橋:タカハシ 田中:タナカ 伊藤:イトウ 渡辺:ワタナベ 渡邊:ワタナベ 渡邉:ワタナベ 山本:ヤマモト 中村:ナカムラ 小林:コバヤシ 加藤:カトウ
吉田:ヨシダ 山田:ヤマダ 佐々木:ササキ 山口:ヤマグチ 松本:マツモト 井上:イノウエ 木村:キムラ 林:ハヤシ 斎藤:サイトウ 斉藤:サイトウ 齋藤:サイトウ 清水:シミズ
山崎:ヤマザキ 山﨑:ヤマザキ 森:モリ 池田:イケダ 橋本:ハシモト 阿部:アベ 石川:イシカワ 山下:ヤマシタ 中島:ナカジマ 石井:イシイ 小川:オガワ 前田:マエダ 岡田:オカダ
長谷川:ハセガワ 藤田:フジタ 後藤:ゴトウ 近藤:コンドウ 村上:ムラカミ 遠藤:エンドウ 青木:アオキ 坂本:サカモト 福田:フクダ 太田:オオタ 西村:ニシムラ 藤井:フジイ
岡本:オカモト 藤原:フジワラ 金子:カネコ 三浦:ミウラ 中野:ナカノ 中川:ナカガワ 原田:ハラダ 松田:マツダ 竹内:タケウチ 小野:オノ 田村:タムラ 中山:ナカヤマ 和田:ワダ
石田:イシダ 森田:モリタ 上田:ウエダ 原:ハラ 内田:ウチダ 柴田:シバタ 酒井:サカイ 宮崎:ミヤザキ 横山:ヨコヤマ 高木:タカギ 安藤:アンドウ 宮本:ミヤモト 大野:オオノ
小島:コジマ 谷口:タニグチ 今井:イマイ 工藤:クドウ 高田:タカダ 増田:マスダ 丸山:マルヤマ 杉山:スギヤマ 村田:ムラタ 大塚:オオツカ 新井:アライ 荒井:アライ 小山:コヤマ
平野:ヒラノ 藤本:フジモト 河野:コウノ 上野:ウエノ 武田:タケダ 野口:ノグチ 松井:マツイ 千葉:チバ 菅原:スガワラ 岩崎:イワサキ 久保:クボ 木下:キノシタ 佐野:サノ
野村:ノムラ 松尾:マツオ 市川:イチカワ 菊地:キクチ 菊池:キクチ 杉本:スギモト 古川:フルカワ 大西:オオニシ 島田:シマダ 水野:ミズノ 桜井:サクライ 櫻井:サクライ
高野:タカノ 吉川:ヨシカワ 山内:ヤマウチ 西田:ニシダ 飯田:イイダ 西川:ニシカワ 小松:コマツ 北村:キタムラ 安田:ヤスダ 五十嵐:イガラシ 川口:カワグチ 平田:ヒラタ
関:セキ 中田:ナカタ 久保田:クボタ 服部:ハットリ 東:ヒガシ 岩田:イワタ 土屋:ツチヤ 川崎:カワサキ 福島:フクシマ 本田:ホンダ 辻:ツジ 樋口:ヒグチ 秋山:アキヤマ
田口:タグチ 永井:ナガイ 山中:ヤマナカ 中西:ナカニシ 吉村:ヨシムラ 川上:カワカミ 石原:イシハラ 大橋:オオハシ 松岡:マツオカ 馬場:ババ 浜田:ハマダ 濱田:ハマダ
森本:モリモト 星野:ホシノ 矢野:ヤノ 浅野:アサノ 大久保:オオクボ 吉岡:ヨシオカ 野田:ノダ 小池:コイケ 荒木:アラキ 松下:マツシタ 大島:オオシマ 内藤:ナイトウ
早川:ハヤカワ 大谷:オオタニ 熊谷:クマガイ 黒田:クロダ 尾崎:オザキ 永田:ナガタ 堀:ホリ 堀内:ホリウチ 本間:ホンマ 川村:カワムラ 松村:マツムラ 田辺:タナベ 荻野:オギノ
成田:ナリタ 片岡:カタオカ 丹羽:ニワ 三輪:ミワ 田所:タドコロ 畑中:ハタナカ 森下:モリシタ 村井:ムライ 富田:トミタ 須藤:スドウ 平井:ヒライ 栗原:クリハラ 奥村:オクムラ
"""
_WORDS = """
製作所:セイサクショ 工業:コウギョウ 産業:サンギョウ 商事:ショウジ 商店:ショウテン 商会:ショウカイ 電機:デンキ 電気:デンキ 電子:デンシ 精機:セイキ 精密:セイミツ 精工:セイコウ
機械:キカイ 金属:キンゾク 鉄工:テッコウ 鉄工所:テッコウショ 化学:カガク 化成:カセイ 化工:カコウ 建設:ケンセツ 建築:ケンチク 工務店:コウムテン 不動産:フドウサン 運輸:ウンユ 運送:ウンソウ
物流:ブツリュウ 倉庫:ソウコ 食品:ショクヒン 製菓:セイカ 製紙:セイシ 印刷:インサツ 医療:イリョウ 薬品:ヤクヒン 製薬:セイヤク 病院:ビョウイン 銀行:ギンコウ 証券:ショウケン 保険:ホケン
設備:セツビ 設計:セッケイ 技研:ギケン 計器:ケイキ 製鋼:セイコウ 鋼業:コウギョウ 繊維:センイ 紡績:ボウセキ 硝子:ガラス 包装:ホウソウ 紙器:シキ 酒造:シュゾウ 水産:スイサン 農園:ノウエン
自動車:ジドウシャ 造船:ゾウセン 通信:ツウシン 情報:ジョウホウ 販売:ハンバイ 製造:セイゾウ 工場:コウジョウ 日本:ニホン 東京:トウキョウ 大阪:オオサカ 名古屋:ナゴヤ 九州:キュウシュウ
"""
_PARTS = dict(pair.split(":") for pair in (_FAMILY + _WORDS).split())
_NAMES = dict(pair.split(":") for pair in _FAMILY.split())
_LONGEST = max(map(len, _PARTS))
_FIRST = frozenset(part[0] for part in _PARTS)


def of_family(name: str) -> str:
    """The usual reading of the family name; "" where none is known."""
    return _NAMES.get(name, "")


@lru_cache(maxsize=20_000)
def of_firm(name: str) -> str:
    """The reading of a firm's name without its legal form; "" unless every part of it is known: 山田製作所 → ヤマダセイサクショ."""
    reading, at = "", 0
    while at < len(name):
        if name[at] not in _FIRST and not _is_katakana(name[at]):
            return ""  # most names are of words that are not known
        for length in range(min(_LONGEST, len(name) - at), 0, -1):
            part = name[at : at + length]
            known = _PARTS.get(part) or (part if _is_katakana(part) else "")
            if known:
                reading, at = reading + known, at + length
                break
        else:
            return ""
    return reading


def _is_katakana(part: str) -> bool:
    return len(part) == 1 and "ァ" <= part <= "ー"
