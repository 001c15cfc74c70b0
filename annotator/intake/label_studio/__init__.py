"""Label Studio's JSON export: its tasks become items, its annotators people of another system, its predictions suggestions.

The file is read twice in a process of its own (`reader`): once to recognise what is in it, and once, in parts, to import it.
`export`, `controls`, `annotations`, `shapes` and `offsets` run there and import no Django.
"""
