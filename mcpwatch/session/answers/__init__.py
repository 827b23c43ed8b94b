"""Questions of a server and who answers them: the first that matches, and if none does, the protocol's own refusal.

A question is a request of the server (sampling, elicitation, roots, ping or anything else), whether it came as a
message or inside an `input_required` result. An answerer looks at it and returns an `Answer`, or None for "not mine".
"""

from mcpwatch.session.answers.question import Answer, Answerer, Answers, Question, Refuse, refuse

__all__ = ["Answer", "Answerer", "Answers", "Question", "Refuse", "refuse"]
