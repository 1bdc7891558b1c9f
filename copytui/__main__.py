"""`python -m copytui` is `copytui`."""

from copytui.cli.main import main

raise SystemExit(main())
