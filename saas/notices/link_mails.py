"""The words of mails that carry a one-time link: by template, purpose and language, title and text."""

LINK_MAILS: dict[tuple[str, str, str], tuple[str, str]] = {
    ("people.invitation", "activate", "zh"): (
        "{firm}为您开通了账号",
        "您好：\n\n{firm}为您开通了账号，请打开下面的链接设置密码：\n\n{url}\n\n"
        "链接 7 天内有效，只能使用一次。如果您不认识这家物业，不用理会这封邮件。",
    ),
    ("people.invitation", "activate", "en"): (
        "{firm} has set up an account for you",
        "Hello,\n\n{firm} has set up an account for you. Open this link to choose a password:\n\n{url}\n\n"
        "It works once, within 7 days. If you do not know this firm, you can ignore this mail.",
    ),
    ("people.invitation", "reset", "zh"): (
        "重新设置您在{firm}的密码",
        "您好：\n\n请打开下面的链接重新设置密码：\n\n{url}\n\n"
        "链接 24 小时内有效，只能使用一次。如果您没有提出过，不用理会这封邮件，原来的密码照常使用。",
    ),
    ("people.invitation", "reset", "en"): (
        "Set a new password at {firm}",
        "Hello,\n\nOpen this link to set a new password:\n\n{url}\n\n"
        "It works once, within 24 hours. If you did not ask for it, ignore this mail; your password stays as it is.",
    ),
}
