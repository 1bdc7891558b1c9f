"""The description of the keys of `copytui.toml` for the broker's addresses and the logs."""

from __future__ import annotations

from copytui.settings.checks import boolean, feed_url, folder_name, ipv4_or_empty, origin, seconds, web_address_or_empty
from copytui.settings.keys import Key, Section
from copytui.settings.model import INSTRUMENTS_URL, BrokerSettings, Settings

ADDRESS_ECHO = Key(
    "broker",
    "address_echo_url",
    web_address_or_empty("https://api.ipify.org"),
    'a page that answers with the caller\'s address, such as "https://api.ipify.org"; "": not asked',
)
INSTRUMENTS = Key(
    "broker",
    "instruments_url",
    web_address_or_empty(INSTRUMENTS_URL),
    'Angel One\'s list of instruments, read once a day for lots and ticks; "": disabled.\n'
    'This is the default with Angel One\'s own root_url; with another root_url the default is "".',
    example=INSTRUMENTS_URL,
)
LOGS_DIRECTORY = Key(
    "logs",
    "directory",
    folder_name(),
    "for the journal and the JSON logs; relative to this file's folder, or absolute",
)

BROKER = Section(
    "broker",
    (
        Key("broker", "root_url", origin(), "the SmartAPI server"),
        Key("broker", "order_feed_url", feed_url(), "the order-update WebSocket"),
        Key(
            "broker",
            "login_spacing_seconds",
            seconds("0", "3600"),
            "pause between the logins of two accounts",
            unit="seconds",
        ),
        Key(
            "broker",
            "login_patience_seconds",
            seconds("0", "3600"),
            "how long the master's login is tried at start before copytui ends",
            unit="seconds",
        ),
        Key(
            "broker",
            "keep_sessions",
            boolean(),
            "keep today's sessions over a restart, encrypted with a key from .env",
        ),
        Key(
            "broker",
            "request_timeout_seconds",
            seconds("1", "60"),
            "how long to wait for an answer of the broker, 1 to 60",
            unit="seconds",
        ),
        Key(
            "broker",
            "public_ip",
            ipv4_or_empty(),
            'the IPv4 that requests are said to come from (the header X-ClientPublicIP); "": not set',
        ),
        ADDRESS_ECHO,
        INSTRUMENTS,
    ),
    BrokerSettings,
)

LOGS = Section("logs", (LOGS_DIRECTORY,), Settings)
