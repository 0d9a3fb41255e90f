"""How far a sweep is: a bar on a terminal, lines in a log."""

from permsym.progress import Bar


class Stream:
    def __init__(self, terminal):
        self.terminal, self.text = terminal, ""

    def isatty(self):
        return self.terminal

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_progress_is_a_bar_on_a_terminal_and_lines_in_a_log():
    for terminal in (True, False):
        stream = Stream(terminal)
        display = Bar("name", 2, 2.0, stream)
        display.advance(1.0, False)
        display.advance(1.0, True)
        assert "2/2 points, 1 failed" in stream.text
        assert ("[####" in stream.text) is terminal
        assert stream.text.count("\n") == 1
