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
# Mailboxes that several people read.
SHARED_MAILBOXES = frozenset(
    "info sales contact soumu somu eigyo eigyou office keiri mail webmaster support admin post desk service order orders recruit saiyo jinji kouhou koho pr customer shop honsha jimu jimukyoku inquiry toiawase koubai "
    "kobai shizai kanri headoffice company staff help hello keiyaku uketsuke reception general net web home tokyo osaka sys system master all accounting account purchase buhin seizou hinsitsu gijutsu kikaku fax noreply no-reply".split()
)
