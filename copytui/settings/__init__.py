"""`.env` + `copytui.toml` (+ `copytui.local.toml`) -> one frozen `Settings`; all problems at once."""
