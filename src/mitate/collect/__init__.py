"""How things become known: questions out, answers in, facts parsed."""
