"""Names that vulture takes for dead code although something uses them, grouped by what does.

`vulture` reads its settings from `pyproject.toml`, which also has the patterns of the names that Textual calls. When it
reports a new name, look for its use, and either delete the code or add the name here with its reason. Print the raw
list with `vulture copytui --make-whitelist`. A line whose name is gone does no harm; remove it when you see it.
"""

# The SDK's own methods read these attributes of their instance, or call these methods.
_.debug
_.disable_ssl
_.session_expiry_hook
_.privateKey
_.clientLocalIp
_.clientPublicIp
_.clientMacAddress
_.individual_order_details  # replaces an unsafe method of the SDK
refreshToken  # the parameter's name in the SDK's getProfile

# urllib3 and pyotp read these class attributes and methods of our subclasses.
ConnectionCls
_.pool_classes_by_scheme
_.byte_secret

# The standard library reads these.
_.disabled  # a logger's flag; also a widget's
_.unraisablehook
_.text_factory  # a connection's, in sqlite3
trace  # the third argument of __exit__

# The SDK reads this.
_.root

# asyncio calls these.
_.data_received
_.eof_received
_.connection_lost
exc

# Rich calls this.
_.on_broken_pipe

# Members of enums that are made from the broker's rows, from settings or from the journal.
MON
TUE
WED
THU
FRI
SAT
SUN
CARRYFORWARD
MARGIN
STOPLOSS
ROBO
AMO
IOC

# Fields of records: part of what is stored, or of what a write must be given, and read by no code.
parent_id
recorded_at

# The exchange's controls for tests and other processes.
_.stop_trading
_.reject_master_order

# The tables' state for tests; the keys' table for the docs.
_.rows_shown
_.row_count
key_table

# Textual reads these attributes of apps, screens and widgets.
CSS_PATH
TITLE
ENABLE_COMMAND_PALETTE
AUTO_FOCUS
DEFAULT_CSS
ALLOW_SELECT
COMPONENT_CLASSES
_.auto_links
_.border_title
_.border_subtitle
_.window_virtual_size
_._return_code
_._file

# Textual calls these methods of our subclasses.
_.panic
renderables  # the parameter's name in App.panic
_.discover
_.run_input_thread
_.has_expired
_.get_optimal_width
_.get_height
_.get_content_height
_.get_selection
_.selection_updated
_.render_line

# A setting whose feed is not built yet; parameters of protocols; names in quoted casts.
order_feed_url
callback
TextIOWrapper

# copytui.broker.port: what the broker says of a position or holding
_.net_quantity
_.carried_quantity
_.isin
