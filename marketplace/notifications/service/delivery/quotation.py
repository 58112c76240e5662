"""What others wrote, as an e-mail of ours may quote it: on one line, without links, within the quotation.

Programs that read mail make links of what looks like one: names of hosts, addresses of machines and of
mailboxes, schemes, paths of Windows shares. The sign that makes it one gets brackets, which people read past.
"""

import re

from ....plain_text import shown

MOST_QUOTED = 120
QUOTATION_MARKS = re.compile('["“”„‟«»＂〝〞「」『』]')
HAN_DOMAINS = (
    "中国", "中國", "公司", "网络", "網絡", "网址", "中文网", "在线", "商城", "网店", "集团", "移动", "手机",
    "香港", "台湾", "台灣", "企业", "信息", "商标", "商店", "政务", "公益", "游戏", "娱乐", "我爱你", "网站",
    "时尚", "购物", "餐厅", "健康", "八卦", "世界", "佛山", "广东", "新加坡",
)  # fmt: skip
"""Top-level domains in Han characters (IANA). Other Han after a full stop is the next sentence."""
_FULL_STOP = rf"[。｡](?=(?:[a-zA-Z]|(?:{'|'.join(HAN_DOMAINS)})(?![^\W_])))"
"""A full stop that counts as a dot in names of hosts (RFC 3490)."""
_PICTURES = "\u2190-\u2bff\U0001f000-\U0001faff"
"""Signs and emoji, which some names of hosts are made of."""
_SCHEMES = "|".join(
    rf"(?<=\b{scheme})[:：]"
    for scheme in (
        "mailto", "javascript", "vbscript", "data", "file", "tel", "sms", "geo", "magnet",
        "callto", "skype", "weixin", "alipay", "http", "https", "ftp", "news", "nntp", "telnet",
        "irc", "xmpp", "sip", "sips", "im", "webcal", "facetime", "whatsapp", "tg", "intent",
        "bitcoin", "outlook", "onenote", "ms-word", "ms-excel", "ms-settings", "urn", "blob",
        "ws", "wss", "sftp", "smb", "ssh", "market", "itms",
    )
)  # fmt: skip
SIGN = re.compile(r"[.．․。｡:：@＠﹫\\＼]")
"""One of these is in whatever `LINK` finds; most texts have none, and are not looked through for links."""
LINK = re.compile(
    rf"(?<=[^\s.．․])[.．․](?=[^\W\d_]|xn--|[{_PICTURES}])"
    rf"|(?<=[\w)\]-]){_FULL_STOP}"
    r"|(?<=\d)[.．․。｡](?=\d{1,3}[.．․。｡]\d{1,3}[.．․。｡]\d{1,3}(?!\d))"
    r"|(?<=\w)[:：](?=[/／\\]{2})"
    rf"|{_SCHEMES}"
    r"|(?<=\S)[@＠﹫](?=\S)"
    r"|[\\＼]{2}",
    re.IGNORECASE,
)


def quoted(text: str) -> str:
    """`text` to stand in a sentence of ours, between its quotation marks."""
    line = QUOTATION_MARKS.sub("'", shown(text))
    if SIGN.search(line):
        line = LINK.sub(lambda found: f"[{found[0]}]", line)
    return line if len(line) <= MOST_QUOTED else line[: MOST_QUOTED - 1] + "…"
