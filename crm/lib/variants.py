"""Old and variant kanji, folded to the common one for searching and matching. What is stored stays as it was written.

The list was reviewed by hand: old forms (舊字體) and the variants that occur in names of people, places and companies.
Characters that only look alike (柿/杮, 嶺/峰) are not in it. 斎・斉・齋・齊 become one, although 斎 and 斉 are different
characters: people mix them up in exactly the names where it matters (斎藤, 斉藤), and no key built from this table ever
decides alone that two records are the same.
"""

import re

# In each word the first character is the common one, the others are folded to it.
_GROUPS = """
亜亞 悪惡 圧壓 囲圍 為爲 医醫 壱壹 稲稻 飲飮 隠隱 営營 栄榮 衛衞 駅驛 円圓 縁緣 塩鹽 艶艷 応應 欧歐 殴毆 桜櫻 横橫 奥奧 温溫 穏穩
仮假 価價 画畫 会會 絵繪 回囘廻 懐懷 壊壞 概槪 拡擴 殻殼 覚覺 学學 岳嶽 楽樂 鎌鐮 巻卷 陥陷 勧勸 寛寬 歓歡 観觀 関關 缶罐 鑑鑒 巌巖 顔顏
気氣 帰歸 器噐 既旣 偽僞 戯戲 犠犧 吉𠮷 却卻 旧舊 虚虛 挙擧 拠據 峡峽 挟挾 狭狹 郷鄕 暁曉 教敎 区區 駆驅 勲勳 薫薰 群羣 径徑 恵惠 掲揭
渓溪 経經 継繼 茎莖 蛍螢 軽輕 鶏鷄雞 芸藝 撃擊 欠缺 県縣 倹儉 剣劍劔劒剱 研硏 検檢 権權 献獻 険險 顕顯 験驗 厳嚴 戸戶 広廣 効效 恒恆 黄黃 鉱鑛 号號
国國圀 高髙 黒黑 剤劑 済濟 砕碎 斎齋齊斉 歳歲 崎﨑嵜 冊册 桟棧 参參 惨慘 産產 蚕蠶 賛贊 残殘 糸絲 歯齒 児兒 辞辭 湿濕 実實 舎舍 写寫 釈釋
寿壽 収收 従從 渋澁澀 獣獸 縦縱 粛肅 処處 緒緖 叙敍敘 奨獎 将將 焼燒 証證 醤醬 乗乘 剰剩 壌壤 嬢孃 条條 浄淨 状狀 畳疊 縄繩 譲讓 醸釀
嘱囑 触觸 真眞 慎愼 寝寢 尽盡 図圖 粋粹 酔醉 随隨 髄髓 枢樞 数數 瀬瀨 声聲 静靜 青靑 窃竊 摂攝 説說 節莭 専專 戦戰 浅淺 潜潛濳 繊纖 践踐 銭錢
禅禪 曽曾 双雙 壮壯 捜搜 挿插 巣巢 争爭 窓窗 総總 聡聰 荘莊 装裝 騒騷 増增 臓臟 蔵藏 属屬 続續 堕墮 体體 対對 帯帶 滞滯 台臺 滝瀧 択擇 沢澤 単單 担擔
胆膽 団團 弾彈 断斷 痴癡 遅遲 昼晝 虫蟲 鋳鑄 庁廳 聴聽 徴徵 鎮鎭 逓遞 鉄鐵銕鉃 転轉 点點 伝傳 土圡𡈽 党黨 盗盜 灯燈 当當 島嶋嶌 闘鬭 徳德悳 独獨 読讀
届屆 弐貳 脳腦 悩惱 覇霸 拝拜 廃廢 売賣 梅楳 麦麥 発發 髪髮 抜拔 晩晚 蛮蠻 秘祕 桧檜 姫姬 浜濱濵 瓶甁 富冨 敷旉 仏佛 払拂 並竝 併倂 変變 辺邊邉 弁辨瓣辯
舗舖 歩步 穂穗 宝寶寳 峰峯 豊豐 褒襃 没沒 翻飜 槙槇 毎每 万萬 満滿 宮宫 黙默 麺麵 訳譯 薬藥 野埜 弥彌 柳栁 予豫 余餘 与與 誉譽 揺搖 様樣 謡謠 遥遙 瑶瑤 来來 頼賴 萊莱
乱亂 覧覽 欄欗 裏裡 竜龍 両兩 猟獵 緑綠 涙淚 塁壘 励勵 礼禮 霊靈 齢齡 恋戀 炉爐 労勞 楼樓 郎郞 録錄 湾灣 鴎鷗 祢禰 桑桒 館舘 船舩 淵渕渊 秋穐 橋𣘺 松枩 昇曻 昂昻
熙煕凞 凛凜 篭籠 薮藪 鶴靏靍 磯礒 略畧 暦曆 歴歷 隣鄰 芦蘆 祷禱 称稱 稟禀 穣穰 涼凉 翠翆 飯飰 鷹鹰 壷壺 蝋蠟 繋繫 頬頰 噛嚙 掴摑 涜瀆 箪簞 填塡 剥剝 餅餠 尭堯 槌鎚
"""


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for group in _GROUPS.split():
        for variant in group[1:]:
            if variant != group[0]:
                table[ord(variant)] = group[0]
    return table


# For str.translate.
TABLE = _table()
_ANY = re.compile("[" + "".join(map(chr, TABLE)) + "]")


def fold_kanji(text: str) -> str:
    """The text with old and variant kanji replaced by the common ones."""
    return text.translate(TABLE) if _ANY.search(text) else text
