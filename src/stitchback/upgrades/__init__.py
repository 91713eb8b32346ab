"""The upgrades of databases, defined once: which kinds of database there are, which paths an upgrade may take, and what must hold at its end.

Three back ends run them: `proof` on symbolic databases (all states, by graph search), `rehearsal` with real Django on SQLite in memory, and
`api.verification` with the project's own code on its servers.
"""
