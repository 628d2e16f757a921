"""The text report as a picture: exactly what a terminal of 100 columns shows."""

from __future__ import annotations

import io

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from mitate.model.diagnosis import Diagnosis
from mitate.report import DEFAULTS, Options
from mitate.report.text import write

COLUMNS = 100

THEME = TerminalTheme(
    (24, 26, 31),
    (214, 217, 224),
    [
        (40, 44, 52),
        (240, 98, 98),
        (120, 190, 120),
        (226, 180, 92),
        (110, 160, 236),
        (190, 140, 220),
        (104, 190, 200),
        (214, 217, 224),
    ],
)

# rich's own template loads a font from the network; this one takes the monospaced font that is there.
TEMPLATE = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
  <style>
    .{unique_id}-matrix {{
      font: {char_height}px/{line_height}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
    }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
  </g>
</svg>
"""


def render(diagnosis: Diagnosis, options: Options = DEFAULTS) -> str:
    page = Console(
        file=io.StringIO(),
        width=COLUMNS,
        record=True,
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
        _environ={},
    )
    write(page, diagnosis, options)
    return page.export_svg(
        title="mitate check", theme=THEME, code_format=TEMPLATE, font_aspect_ratio=0.602, unique_id="mitate"
    )
