"""`copytui needs` and `copytui resolve`: what needs the user, listed and settled without the screen.

Reading order: `listing` (what there is, from the journal), `resolve` (one thing of it, through the running program),
`settle` (the same while none runs). The running program's side is `copytui.letterbox`.
"""
