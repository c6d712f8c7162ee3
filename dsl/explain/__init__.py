"""What each finding means, with a wrong and a right example: one page a code, in ``pages/CODE.md``.

A page is Markdown: what the finding means; under ``## Wrong`` files that have it, each a fenced block whose info
string names the file, with the expected finding written on the line that causes it (``# error: CODE "part of the
message"``, ``//`` in JSON); under ``## Right`` how to mend it, with the mended files. A code that no check of files
can produce has ``## When`` in place of ``## Wrong``. The pages are cases of the tests, the text of ``explain`` and
the source of docs/checks.md.
"""

from dsl.explain.page import Example, Expected, Page, page, pages

__all__ = ["Example", "Expected", "Page", "page", "pages"]
