"""`python -m copytui` is `copytui`."""

from copytui.cli import main

raise SystemExit(main())
