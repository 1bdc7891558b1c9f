"""`copytui needs` and `copytui resolve`: what needs the user, listed and settled without the screen.

Reading order: `model`, `finding` (what there is, from the journal), `listing` (how it is written), `resolve` (one thing
of it, through the running program), `settle` (the same while none runs). The running program's side is
`copytui.letterbox`.
"""
