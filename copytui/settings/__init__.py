"""The settings: `.env` + `copytui.toml` (+ `copytui.local.toml`) -> one frozen `Settings`, or all problems at once."""
