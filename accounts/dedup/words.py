"""Words that names of companies are made of, and what they prove: little, or that it is another company."""

# ruff: noqa: SIM905 (word lists read better as text)

from __future__ import annotations

from crm.lib import addresses

# kanji or kana : reading : English words. What a company does; many share it.
_TRADES = """
製作所:セイサクショ:manufacturing,works,mfg 製造:セイゾウ:manufacturing 工業:コウギョウ:industries,industrial,industry 工業所:コウギョウショ:industries 産業:サンギョウ:industry,industries,sangyo
商事:ショウジ:trading,shoji 商会:ショウカイ:shokai,trading 商店:ショウテン:shoten 建設:ケンセツ:construction 建築:ケンチク:architects,construction 建設工業:ケンセツコウギョウ:construction
電機:デンキ:electric,electrical 電気:デンキ:electric,electrical 電器:デンキ:electric 電子:デンシ:electronics 電工:デンコウ:denko 運輸:ウンユ:transport,transportation 運送:ウンソウ:transport
物流:ブツリュウ:logistics 倉庫:ソウコ:warehouse 食品:ショクヒン:foods,food 化学:カガク:chemical,chemicals 化成:カセイ:chemicals 精工:セイコウ:precision 精密:セイミツ:precision 精機:セイキ:precision
システム:システム:system,systems システムズ:システムズ:systems 不動産:フドウサン:realestate,realty 印刷:インサツ:printing 鉄工所:テッコウショ:ironworks 鉄工:テッコウ:ironworks 鋼業:コウギョウ:steel
金属:キンゾク:metal,metals 機械:キカイ:machinery,machine 機工:キコウ:kiko 技研:ギケン:giken 技術:ギジュツ:technology 設計:セッケイ:design 設備:セツビ:setsubi 薬品:ヤクヒン:pharmaceutical 製薬:セイヤク:pharmaceutical
通信:ツウシン:communications,telecom 情報:ジョウホウ:information 興業:コウギョウ:kogyo 興産:コウサン:kosan 工務店:コウムテン:komuten,builders 水産:スイサン:fisheries 木材:モクザイ:lumber,wood 紙業:シギョウ:paper
製菓:セイカ:confectionery 酒造:シュゾウ:brewery,sake 塗装:トソウ:painting 塗料:トリョウ:paint 企画:キカク:planning 開発:カイハツ:development 総業:ソウギョウ:sogyo 造園:ゾウエン:landscape 硝子:ガラス:glass
自動車:ジドウシャ:motor,motors,auto 観光:カンコウ:tourism,tourist 交通:コウツウ:kotsu,transport 警備:ケイビ:security 農園:ノウエン:farm 農産:ノウサン:agri 繊維:センイ:textile 紡績:ボウセキ:spinning 石油:セキユ:oil,petroleum
土木:ドボク:civil 住宅:ジュウタク:housing 住建:ジュウケン:juken 建材:ケンザイ:kenzai 建装:ケンソウ:kenso 建工:ケンコウ:kenko 工芸:コウゲイ:kogei 工房:コウボウ:kobo,studio 工機:コウキ:koki 組:クミ,グミ:gumi 物産:ブッサン:bussan,trading
総合研究所:ソウゴウケンキュウショ,ソウゴウケンキュウジョ:researchinstitute 研究所:ケンキュウショ,ケンキュウジョ:laboratory,laboratories,research,institute 事務所:ジムショ:office 医院:イイン:clinic クリニック:クリニック:clinic 病院:ビョウイン:hospital 歯科:シカ:dental 薬局:ヤッキョク:pharmacy
保険:ホケン:insurance 証券:ショウケン:securities 銀行:ギンコウ:bank 教育:キョウイク:education 出版:シュッパン:publishing 映像:エイゾウ:pictures 広告:コウコク:advertising 美容:ビヨウ:beauty
エンジニアリング:エンジニアリング:engineering サービス:サービス:service,services フーズ:フーズ:foods デザイン:デザイン:design テック:テック:tech,tec テクノ:テクノ:techno テクノロジー:テクノロジー:technology,technologies
テクノロジーズ:テクノロジーズ:technologies ソリューション:ソリューション:solution,solutions ソリューションズ:ソリューションズ:solutions コンサルティング:コンサルティング:consulting プランニング:プランニング:planning ワークス:ワークス:works
コーポレーション:コーポレーション:corporation カンパニー:カンパニー:company エンタープライズ:エンタープライズ:enterprise,enterprises マネジメント:マネジメント:management パートナーズ:パートナーズ:partners
ネットワーク:ネットワーク:network,networks メディア:メディア:media メディカル:メディカル:medical ケア:ケア:care ホーム:ホーム:home ハウス:ハウス:house ハウジング:ハウジング:housing エステート:エステート:estate プロジェクト:プロジェクト:project
スタジオ:スタジオ:studio ラボ:ラボ:lab トレーディング:トレーディング:trading クリエイト:クリエイト:create プランナーズ:プランナーズ:planners ファーム:ファーム:farm プロダクツ:プロダクツ:products プロダクション:プロダクション:production
ロジスティクス:ロジスティクス:logistics トラベル:トラベル:travel コミュニケーションズ:コミュニケーションズ:communications エレクトロニクス:エレクトロニクス:electronics
"""
# Behind or before a name they make another firm of the same group.
_GROUPS = """
販売:ハンバイ:sales,hanbai ホールディングス:ホールディングス:holdings,holding ホールディング:ホールディング:holding グループ:グループ:group HD:エイチディー:hd,hldgs リース:リース:lease,leasing ファイナンス:ファイナンス:finance
インターナショナル:インターナショナル:international ジャパン:ジャパン:japan 日本:ニホン,ニッポン:nihon,nippon 東日本:ヒガシニホン:east 西日本:ニシニホン:west 北海道:ホッカイドウ:hokkaido 東北:トウホク:tohoku 関東:カントウ:kanto 北関東:キタカントウ:kitakanto 首都圏:シュトケン:shutoken
北陸:ホクリク:hokuriku 信越:シンエツ:shinetsu 甲信越:コウシンエツ:koshinetsu 東海:トウカイ:tokai 中部:チュウブ:chubu 近畿:キンキ:kinki 関西:カンサイ:kansai 中国:チュウゴク:chugoku 四国:シコク:shikoku 九州:キュウシュウ:kyushu 沖縄:オキナワ:okinawa 中央:チュウオウ:chuo
メンテナンス:メンテナンス:maintenance サポート:サポート:support アセット:アセット:asset キャピタル:キャピタル:capital トレーディング:トレーディング:trading ビジネス:ビジネス:business ビジネスサービス:ビジネスサービス:businessservice スタッフ:スタッフ:staff キャリア:キャリア:career
アジア:アジア:asia アメリカ:アメリカ:america 東京:トウキョウ:tokyo 大阪:オオサカ:osaka 名古屋:ナゴヤ:nagoya 福岡:フクオカ:fukuoka 札幌:サッポロ:sapporo 仙台:センダイ:sendai 広島:ヒロシマ:hiroshima 横浜:ヨコハマ:yokohama 神戸:コウベ:kobe 京都:キョウト:kyoto
南:ミナミ:minami 北:キタ:kita 東:ヒガシ:higashi 西:ニシ:nishi 新:シン:shin 第一:ダイイチ:daiichi 第二:ダイニ:daini
"""
# Loan words that names begin with; romaji of their kana is far from how they are written.
_LOANS = """
サンライズ:sunrise ネクスト:next アシスト:assist ブルーム:bloom エース:ace グリーン:green フロンティア:frontier ビジョン:vision アルファ:alpha オメガ:omega ユニオン:union ロータス:lotus トライ:try スカイ:sky リバー:river
オーシャン:ocean クローバー:clover ハーモニー:harmony ステップ:step ライト:light,right サン:sun スター:star ムーン:moon ライフ:life ワールド:world グローバル:global フューチャー:future クリエイティブ:creative イノベーション:innovation
ドリーム:dream ハート:heart スマイル:smile ホワイト:white ブルー:blue レッド:red ブラック:black ゴールド:gold シルバー:silver ブライト:bright フレッシュ:fresh ベスト:best トップ:top プラス:plus ゼロ:zero ワン:one ファースト:first
キング:king クイーン:queen ロイヤル:royal パワー:power エナジー:energy エコ:eco バイオ:bio デジタル:digital ネット:net ウェブ:web データ:data クラウド:cloud ソフト:soft リンク:link コネクト:connect ブリッジ:bridge ゲート:gate
シティ:city タウン:town ガーデン:garden フラワー:flower ローズ:rose リーフ:leaf ツリー:tree フォレスト:forest アース:earth ウィング:wing イーグル:eagle ライオン:lion タイガー:tiger フェニックス:phoenix ドラゴン:dragon
ユニバーサル:universal パシフィック:pacific アトラス:atlas オリオン:orion ジュピター:jupiter ビーナス:venus マーズ:mars アポロ:apollo スマート:smart クイック:quick アクティブ:active アクア:aqua マリン:marine エア:air ファイン:fine
グランド:grand プライム:prime プレミア:premier マスター:master プロ:pro アート:art ミュージック:music ブック:book スポーツ:sports カフェ:cafe キッチン:kitchen ベーカリー:bakery フード:food ドリンク:drink ヘルス:health ビューティー:beauty
セキュリティ:security コンサル:consul アカデミー:academy スクール:school キッズ:kids ペット:pet モーター:motor モータース:motors オート:auto レンタル:rental リサイクル:recycle ソーラー:solar アンド:and オフィス:office
"""


def _entries(text: str) -> list[tuple[str, list[str], list[str]]]:
    found = []
    for entry in text.split():
        word, *rest = entry.split(":")
        readings = rest[0].split(",") if len(rest) > 1 else [word]
        found.append((word, readings, rest[-1].split(",")))
    return found


TRADES = {word: readings[0] for word, readings, _ in _entries(_TRADES)}
GROUPS = {word: readings[0] for word, readings, _ in _entries(_GROUPS)}
READINGS = {word: readings for word, readings, _ in _entries(_GROUPS + _TRADES)}
ENGLISH: dict[str, list[str]] = {}
for _word, _readings, _english in _entries(_LOANS) + _entries(_GROUPS) + _entries(_TRADES):
    for _one in _english:
        ENGLISH.setdefault(_one, []).extend(
            reading for reading in _readings if reading not in ENGLISH.get(_one, ())
        )
GENERIC_ENGLISH = {one for _, _, english in _entries(_TRADES + _GROUPS) for one in english} | {
    "real",
    "iron",
    "the",
    "and",
    "of",
    "co",
    "electric",
}
GROUP_ENGLISH = {one for _, _, english in _entries(_GROUPS) for one in english}

SITE_WORDS = (
    "本社 本店 支店 支社 支部 支所 営業所 出張所 事業所 工場 製造所 センター 流通センター 物流センター 配送センター サービスセンター テクニカルセンター 技術センター 研修センター "
    "オフィス ショールーム 倉庫 駐在所 分室 ブランチ 事務所 本部 本館 別館 店 製作所 研究所 ラボ 連絡所 サテライト 本社工場 東京本社 大阪本社 営業本部 統括支店 営業支店"
).split()
# Where a company itself is: no branch of it.
HEAD_OFFICES = ("本社", "本店", "本部", "本館")
# These never belong to a company's name itself.
SURE_SITE_WORDS = "本社 支店 支社 営業所 出張所 工場 事業所 本社工場 営業本部 統括支店 ブランチ".split()
DEPARTMENT_ENDS = (
    "部 課 室 係 局 グループ チーム 本部 事業部 事業本部 カンパニー ユニット 推進室 企画室 担当".split()
)

PLACES = {p.rstrip("都府県") if p != "京都府" else "京都" for p in addresses.PREFECTURES} | set(
    "札幌 旭川 函館 仙台 盛岡 郡山 いわき 水戸 つくば 宇都宮 高崎 前橋 大宮 川口 川越 浦和 船橋 柏 千葉 東京 新宿 渋谷 品川 池袋 上野 日本橋 丸の内 立川 八王子 町田 横浜 川崎 厚木 藤沢 相模原 新潟 長岡 富山 金沢 "
    "小松 福井 甲府 長野 松本 上田 諏訪 岐阜 静岡 浜松 沼津 富士 名古屋 豊田 岡崎 豊橋 一宮 刈谷 津 四日市 鈴鹿 大津 草津 京都 宇治 大阪 梅田 難波 堺 東大阪 吹田 神戸 三宮 姫路 西宮 尼崎 明石 奈良 和歌山 鳥取 米子 松江 岡山 倉敷 広島 福山 "
    "呉 下関 山口 徳島 高松 丸亀 松山 高知 福岡 博多 天神 小倉 北九州 久留米 佐賀 長崎 佐世保 熊本 八代 大分 宮崎 鹿児島 那覇 浦添 沖縄 関東 関西 九州 東北 北海道 中部 中国 四国 北陸 東海 近畿 首都圏 西日本 東日本 "
    "中央 南 北 東 西 第一 第二 第三 第四 新 駅前 港 空港".split()
)
# What lies in a region that firms of a group are named by: 関西 and 大阪 before 支店 are one place, 関西 and 名古屋 are two.
PLACES_IN = {
    region: frozenset(places.split())
    for region, places in {
        "北海道": "札幌 旭川 函館", "東北": "青森 岩手 宮城 秋田 山形 福島 仙台 盛岡 郡山 いわき",
        "関東": "茨城 栃木 群馬 埼玉 千葉 東京 神奈川 水戸 つくば 宇都宮 高崎 前橋 大宮 川口 川越 浦和 船橋 柏 新宿 渋谷 品川 池袋 上野 日本橋 丸の内 立川 八王子 町田 横浜 川崎 厚木 藤沢 相模原",
        "首都圏": "埼玉 千葉 東京 神奈川 大宮 川口 川越 浦和 船橋 柏 新宿 渋谷 品川 池袋 上野 日本橋 丸の内 立川 八王子 町田 横浜 川崎 厚木 藤沢 相模原",
        "北陸": "富山 石川 福井 金沢 小松", "中部": "新潟 富山 石川 福井 山梨 長野 岐阜 静岡 愛知 長岡 金沢 小松 甲府 松本 上田 諏訪 浜松 沼津 富士 名古屋 豊田 岡崎 豊橋 一宮 刈谷",
        "東海": "岐阜 静岡 愛知 三重 浜松 沼津 富士 名古屋 豊田 岡崎 豊橋 一宮 刈谷 津 四日市 鈴鹿",
        "近畿": "三重 滋賀 京都 大阪 兵庫 奈良 和歌山 津 四日市 鈴鹿 大津 草津 宇治 梅田 難波 堺 東大阪 吹田 神戸 三宮 姫路 西宮 尼崎 明石",
        "関西": "滋賀 京都 大阪 兵庫 奈良 和歌山 大津 草津 宇治 梅田 難波 堺 東大阪 吹田 神戸 三宮 姫路 西宮 尼崎 明石",
        "中国": "鳥取 島根 岡山 広島 山口 米子 松江 倉敷 福山 呉 下関", "四国": "徳島 香川 愛媛 高知 高松 丸亀 松山",
        "九州": "福岡 佐賀 長崎 熊本 大分 宮崎 鹿児島 沖縄 博多 天神 小倉 北九州 久留米 佐世保 八代 那覇 浦添",
    }.items()
}  # fmt: skip
# Mailboxes that several people read.
SHARED_MAILBOXES = frozenset(
    "info sales contact soumu somu eigyo eigyou office keiri mail webmaster support admin post desk service order orders recruit saiyo jinji kouhou koho pr customer shop honsha jimu jimukyoku inquiry toiawase koubai "
    "kobai shizai kanri headoffice company staff help hello keiyaku uketsuke reception general net web home tokyo osaka sys system master all accounting account purchase buhin seizou hinsitsu gijutsu kikaku fax noreply no-reply".split()
)
# 姓 of three characters and more: who is called so in one field has no 名 there.
LONG_FAMILY_NAMES = frozenset(
    "佐々木 長谷川 五十嵐 大久保 久保田 小野寺 佐久間 東海林 宇佐美 日下部 長谷部 小笠原 宇都宮 波多野 小早川 仲宗根 我那覇 喜屋武 伊集院 勅使河原 武者小路 小山田 大河内 大河原 大和田 日比野 小田切 "
    "阿久津 木ノ下 木之下 三田村 喜多川 曽我部 宇田川 上久保 下久保 小久保 久保寺 八重樫 安孫子 我孫子 波田野 早乙女 五月女 月見里 西之園 竹之内 竹ノ内 井之上 井ノ上 池之上 山之内 山ノ内 堀之内 堀ノ内 猪ノ瀬 一ノ瀬 "
    "一之瀬 二ノ宮 二之宮 三ノ宮 四ノ宮 与那嶺 与那覇 金久保 御手洗 佐々岡 佐々田 左右田 中曽根 長曽根 須賀川 多田羅 加賀谷 加賀美 海老原 海老名 海老沢 樋之口 樋ノ口 "
    "伊地知 与謝野 千代田 千代川 久米川 久米田 小比類 小保方 小松崎 小松原 和久井 和久田 山野井 山野辺 渡久地 国分寺 久里浜".split()
)
# How 名 are read: of one and of two characters, those that are met most.
GIVEN_NAMES = {
    name: readings.split(",")
    for name, _, readings in (
        entry.partition(":")
        for entry in """
    誠:マコト 隆:タカシ 孝:タカシ 浩:ヒロシ 博:ヒロシ 弘:ヒロシ 宏:ヒロシ 洋:ヒロシ,ヨウ 寛:ヒロシ,ユタカ 茂:シゲル 勝:マサル 優:マサル,ユウ 実:ミノル 稔:ミノル 豊:ユタカ 裕:ユタカ,ヒロシ 進:ススム 清:キヨシ 潔:キヨシ 勇:イサム 功:イサオ 勲:イサオ
    剛:ツヨシ,タケシ 毅:ツヨシ,タケシ 武:タケシ 健:ケン,タケシ 猛:タケシ 正:タダシ,マサシ 忠:タダシ 匡:タダシ 学:マナブ 修:オサム 治:オサム 徹:トオル 亨:トオル 透:トオル 聡:サトシ 智:サトシ,トモ 哲:サトシ,テツ 敏:サトシ,トシ 悟:サトル 覚:サトル
    淳:ジュン,アツシ 純:ジュン 潤:ジュン 順:ジュン 敦:アツシ 篤:アツシ 亮:リョウ 涼:リョウ 諒:リョウ 翔:ショウ 昇:ノボル 登:ノボル 薫:カオル 光:ヒカル,コウ 輝:ヒカル,アキラ 明:アキラ 晃:アキラ,コウ 彰:アキラ 章:アキラ 昭:アキラ 旭:アキラ 崇:タカシ 貴:タカシ 敬:タカシ
    保:タモツ 守:マモル 護:マモル 衛:マモル 勉:ツトム 努:ツトム 務:ツトム 満:ミツル 充:ミツル 均:ヒトシ 等:ヒトシ 仁:ヒトシ,ジン 斉:ヒトシ 栄:サカエ 誉:ホマレ 司:ツカサ 渉:ワタル 航:ワタル,コウ 亘:ワタル 樹:イツキ,タツキ 大:ダイ 拓:タク,ヒラク 翼:ツバサ 駿:シュン 俊:シュン
    隼:ハヤト 蓮:レン 湊:ミナト 陸:リク 悠:ユウ,ハルカ 歩:アユム,アユミ 望:ノゾミ,ノゾム 恵:メグミ,ケイ 愛:アイ 舞:マイ 彩:アヤ 綾:アヤ 瞳:ヒトミ 忍:シノブ 緑:ミドリ 碧:ミドリ,アオイ 葵:アオイ 楓:カエデ 渚:ナギサ 遥:ハルカ 静:シズカ 梓:アズサ 泉:イズミ 円:マドカ 桂:ケイ,カツラ
    健一:ケンイチ 純一:ジュンイチ 誠一:セイイチ 浩一:コウイチ 光一:コウイチ 幸一:コウイチ 雄一:ユウイチ 裕一:ユウイチ 祐一:ユウイチ 真一:シンイチ 慎一:シンイチ 伸一:シンイチ 信一:シンイチ 修一:シュウイチ 秀一:シュウイチ,ヒデカズ 賢一:ケンイチ 研一:ケンイチ 隆一:リュウイチ 英一:エイイチ 正一:ショウイチ
    洋一:ヨウイチ 陽一:ヨウイチ 恵一:ケイイチ 淳一:ジュンイチ 良一:リョウイチ 健二:ケンジ 浩二:コウジ 健司:ケンジ 賢治:ケンジ 浩司:コウジ 康二:コウジ 幸司:コウジ 真二:シンジ 信二:シンジ 伸二:シンジ 慎二:シンジ 雄二:ユウジ 裕二:ユウジ 祐二:ユウジ 誠司:セイジ 純二:ジュンジ 栄治:エイジ 英治:エイジ 健太:ケンタ 翔太:ショウタ
    雄太:ユウタ 裕太:ユウタ 優太:ユウタ 悠太:ユウタ 亮太:リョウタ 涼太:リョウタ 健太郎:ケンタロウ 太郎:タロウ 一郎:イチロウ 次郎:ジロウ 二郎:ジロウ 三郎:サブロウ 直樹:ナオキ 直人:ナオト 尚樹:ナオキ 和也:カズヤ 達也:タツヤ 拓也:タクヤ 卓也:タクヤ 哲也:テツヤ 雅也:マサヤ 智也:トモヤ 真也:シンヤ 慎也:シンヤ 信也:シンヤ 竜也:タツヤ
    大輔:ダイスケ 大介:ダイスケ 祐介:ユウスケ 裕介:ユウスケ 雄介:ユウスケ 俊介:シュンスケ 駿介:シュンスケ 洋介:ヨウスケ 陽介:ヨウスケ 恭介:キョウスケ 圭介:ケイスケ 啓介:ケイスケ 康介:コウスケ 孝介:コウスケ 亮介:リョウスケ 慎吾:シンゴ 真吾:シンゴ 圭吾:ケイゴ 大吾:ダイゴ 康平:コウヘイ 航平:コウヘイ 浩平:コウヘイ 公平:コウヘイ
    翔平:ショウヘイ 淳平:ジュンペイ 純平:ジュンペイ 哲平:テッペイ 悠斗:ユウト 大樹:ダイキ,ヒロキ 大輝:ダイキ 裕樹:ユウキ,ヒロキ 裕貴:ユウキ,ヒロキ 祐樹:ユウキ 勇気:ユウキ 弘樹:ヒロキ 浩樹:ヒロキ 和樹:カズキ 一樹:カズキ 正樹:マサキ 雅樹:マサキ 英樹:ヒデキ 秀樹:ヒデキ 茂樹:シゲキ 隆史:タカシ 貴史:タカシ 孝志:タカシ 健史:タケシ
    和夫:カズオ 和男:カズオ 一男:カズオ 正夫:マサオ 幸夫:ユキオ 行雄:ユキオ 敏夫:トシオ 俊夫:トシオ 義男:ヨシオ 良夫:ヨシオ 芳夫:ヨシオ 秀夫:ヒデオ 英雄:ヒデオ 春夫:ハルオ 文雄:フミオ 文夫:フミオ 昭夫:アキオ 明夫:アキオ 哲夫:テツオ 邦夫:クニオ 和彦:カズヒコ 雅彦:マサヒコ 正彦:マサヒコ 明彦:アキヒコ 秀彦:ヒデヒコ 信彦:ノブヒコ 克彦:カツヒコ
    和弘:カズヒロ 和宏:カズヒロ 和博:カズヒロ 正博:マサヒロ 雅弘:マサヒロ 義弘:ヨシヒロ 孝之:タカユキ 隆之:タカユキ 貴之:タカユキ 博之:ヒロユキ 弘之:ヒロユキ 裕之:ヒロユキ 浩之:ヒロユキ 智之:トモユキ 秀之:ヒデユキ 英之:ヒデユキ 正之:マサユキ 雅之:マサユキ 信之:ノブユキ 伸之:ノブユキ 義之:ヨシユキ 俊之:トシユキ 敏之:トシユキ 秀明:ヒデアキ 英明:ヒデアキ 正明:マサアキ
    義明:ヨシアキ 俊明:トシアキ 敏明:トシアキ 宏明:ヒロアキ 弘明:ヒロアキ 孝明:タカアキ 隆明:タカアキ 正人:マサト 雅人:マサト 真人:マサト,マコト 直子:ナオコ 陽子:ヨウコ 洋子:ヨウコ 裕子:ユウコ,ヒロコ 優子:ユウコ 祐子:ユウコ 智子:トモコ 朋子:トモコ 友子:トモコ 恵子:ケイコ 啓子:ケイコ 敬子:ケイコ 京子:キョウコ 恭子:キョウコ 幸子:サチコ,ユキコ 和子:カズコ
    典子:ノリコ 紀子:ノリコ 則子:ノリコ 順子:ジュンコ 純子:ジュンコ 淳子:ジュンコ 久美子:クミコ 由美子:ユミコ 真由美:マユミ 真弓:マユミ 明美:アケミ 直美:ナオミ 尚美:ナオミ 由美:ユミ 裕美:ユミ,ヒロミ 弘美:ヒロミ 浩美:ヒロミ 友美:トモミ 智美:トモミ 朋美:トモミ 美咲:ミサキ 美穂:ミホ 美香:ミカ 美紀:ミキ 美樹:ミキ 美保:ミホ 美和:ミワ 美奈:ミナ 美優:ミユ
    香織:カオリ 佳織:カオリ 沙織:サオリ 詩織:シオリ 早紀:サキ 真希:マキ 真紀:マキ 麻紀:マキ 麻衣:マイ 舞子:マイコ 亜紀:アキ 亜希子:アキコ 明子:アキコ 昭子:アキコ 晶子:アキコ 千尋:チヒロ 千春:チハル 千恵:チエ 智恵:チエ 理恵:リエ 里美:サトミ 里奈:リナ 理沙:リサ 梨沙:リサ 麻美:アサミ 亜美:アミ 愛美:マナミ,アイミ 奈々:ナナ 奈美:ナミ 菜摘:ナツミ 夏美:ナツミ
    夏希:ナツキ 桃子:モモコ 綾香:アヤカ 彩香:アヤカ 彩花:アヤカ 明日香:アスカ 結衣:ユイ 由衣:ユイ 優衣:ユイ 優香:ユウカ 遥香:ハルカ 春香:ハルカ 若菜:ワカナ 志保:シホ 志穂:シホ 葉子:ヨウコ 良子:リョウコ,ヨシコ 涼子:リョウコ 悦子:エツコ 節子:セツコ 文子:フミコ,アヤコ 房子:フサコ 静子:シズコ 光子:ミツコ 貴子:タカコ 孝子:タカコ 多恵:タエ 佳代:カヨ
    """.split()
    )
}
# How 姓 are read, those that are met most.
FAMILY_NAMES = {
    name: readings.split(",")
    for name, _, readings in (
        entry.partition(":")
        for entry in """
    佐藤:サトウ 鈴木:スズキ 高橋:タカハシ 田中:タナカ 伊藤:イトウ 渡辺:ワタナベ 山本:ヤマモト 中村:ナカムラ 小林:コバヤシ 加藤:カトウ 吉田:ヨシダ 山田:ヤマダ 佐々木:ササキ 山口:ヤマグチ 松本:マツモト 井上:イノウエ 木村:キムラ 林:ハヤシ 斎藤:サイトウ 清水:シミズ
    山崎:ヤマザキ,ヤマサキ 森:モリ 池田:イケダ 橋本:ハシモト 阿部:アベ 石川:イシカワ 山下:ヤマシタ 中島:ナカジマ,ナカシマ 石井:イシイ 小川:オガワ 前田:マエダ 岡田:オカダ 長谷川:ハセガワ 藤田:フジタ 後藤:ゴトウ 近藤:コンドウ 村上:ムラカミ 遠藤:エンドウ 青木:アオキ 坂本:サカモト
    福田:フクダ 太田:オオタ 西村:ニシムラ 藤井:フジイ 金子:カネコ 三浦:ミウラ 藤原:フジワラ 岡本:オカモト 中野:ナカノ 中川:ナカガワ 原田:ハラダ 松田:マツダ 竹内:タケウチ 小野:オノ 田村:タムラ 中山:ナカヤマ 和田:ワダ 石田:イシダ 森田:モリタ 上田:ウエダ 原:ハラ 内田:ウチダ 柴田:シバタ 酒井:サカイ
    宮崎:ミヤザキ 横山:ヨコヤマ 高木:タカギ 安藤:アンドウ 宮本:ミヤモト 大野:オオノ 工藤:クドウ 浜田:ハマダ 谷口:タニグチ 今井:イマイ 高田:タカダ,タカタ 丸山:マルヤマ 増田:マスダ 杉山:スギヤマ 村田:ムラタ 大塚:オオツカ 小島:コジマ 新井:アライ 藤本:フジモト 平野:ヒラノ 河野:コウノ,カワノ
    上野:ウエノ 野口:ノグチ 武田:タケダ 松井:マツイ 千葉:チバ 菅原:スガワラ 岩崎:イワサキ 久保:クボ 木下:キノシタ 佐野:サノ 野村:ノムラ 松尾:マツオ 菊地:キクチ 菊池:キクチ 市川:イチカワ 杉本:スギモト 古川:フルカワ 大西:オオニシ 島田:シマダ 水野:ミズノ 桜井:サクライ 高野:タカノ 吉川:ヨシカワ 山内:ヤマウチ
    西田:ニシダ 西川:ニシカワ 飯田:イイダ 北村:キタムラ 安田:ヤスダ 五十嵐:イガラシ 川口:カワグチ 平田:ヒラタ 関:セキ 中田:ナカタ,ナカダ 久保田:クボタ 服部:ハットリ 東:アズマ,ヒガシ 岩田:イワタ 川崎:カワサキ 土屋:ツチヤ 福島:フクシマ 本田:ホンダ 辻:ツジ 樋口:ヒグチ 秋山:アキヤマ 田口:タグチ 永井:ナガイ
    山中:ヤマナカ 中西:ナカニシ 吉村:ヨシムラ 川上:カワカミ 石原:イシハラ 大橋:オオハシ 松岡:マツオカ 浅野:アサノ 馬場:ババ 浅井:アサイ 片山:カタヤマ 荒木:アラキ 大久保:オオクボ 早川:ハヤカワ 三宅:ミヤケ 松浦:マツウラ 小山:コヤマ,オヤマ 田所:タドコロ 成田:ナリタ 望月:モチヅキ 菅野:カンノ,スガノ 渡部:ワタナベ,ワタベ
    熊谷:クマガイ 尾崎:オザキ 内藤:ナイトウ 黒田:クロダ 松下:マツシタ 川村:カワムラ 篠原:シノハラ 須藤:ストウ,スドウ 白石:シライシ 堀:ホリ 大島:オオシマ 本間:ホンマ 川島:カワシマ 栗原:クリハラ 柳沢:ヤナギサワ 小松:コマツ 広瀬:ヒロセ 村松:ムラマツ 吉岡:ヨシオカ 児玉:コダマ 岩本:イワモト 児島:コジマ 柏木:カシワギ 神田:カンダ
    """.split()
    )
}
