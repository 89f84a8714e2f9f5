"""A plan as an SVG picture: a line per server, a column per kind of step, numbers in the order of execution."""

from __future__ import annotations

from html import escape

from momentum.fleet.plan_table import PlanCost, plan_cost
from momentum.fleet.steps import Plan, Risk, Step

_COLOURS: dict[Risk, str] = {
    "reversible": "#2a9d6f",
    "restart": "#d98e04",
    "binds money": "#6d4aa8",
    "destroys data": "#c0392b",
}
_INK, _FAINT, _PAPER, _STRIPE = "#1f2933", "#66727f", "#ffffff", "#f4f6f8"
_ROW, _COLUMN, _BOX, _TOP, _MARGIN = 34, 68, 24, 170, 24
_LETTER = 7.4  # pixels of a letter of the labels, about


def plan_picture(plan: Plan, vat_percent: float) -> str:
    """A whole SVG document, readable without colours: each risk has a shape of its own as well."""
    targets = list(dict.fromkeys(step.target for step in plan.steps))
    kinds = list(dict.fromkeys(step.kind for step in plan.steps))
    left = _MARGIN + 24 + max((int(len(target) * _LETTER) for target in targets), default=0)
    width = max(left + _COLUMN * len(kinds) + _MARGIN + 70, 620)
    bottom = _TOP + _ROW * len(targets)
    parts = _head(plan, plan_cost(plan, vat_percent))
    parts += [_column(kind, left + _COLUMN * index, bottom) for index, kind in enumerate(kinds)]
    parts += [_line(target, index, width) for index, target in enumerate(targets)]
    cells: dict[tuple[str, str], list[tuple[int, Step]]] = {}
    for number, step in enumerate(plan.steps, 1):
        cells.setdefault((step.kind, step.target), []).append((number, step))
    for (kind, target), steps in cells.items():
        x = left + _COLUMN * kinds.index(kind) + _COLUMN // 2
        parts.append(_cell(steps, x, _TOP + _ROW * targets.index(target) + _ROW // 2))
    parts.append(_legend(bottom + 30))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{bottom + 56}" '
        f'viewBox="0 0 {width} {bottom + 56}" font-family="system-ui, sans-serif" font-size="13" fill="{_INK}" '
        f'role="img" aria-label="Plan {plan.hash}">'
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>{"".join(parts)}</svg>'
    )


def _head(plan: Plan, cost: PlanCost) -> list[str]:
    steps = f"{len(plan.steps)} steps" if len(plan.steps) != 1 else "1 step"
    money = (
        f"{cost.monthly_with_tax:+} EUR a month, {cost.today_with_tax} EUR due today "
        f"(with {cost.vat_percent:g} % tax; {cost.monthly:+} and {cost.today} without)"
    )
    if not plan.steps:
        asked = ", ".join(plan.questions)
        steps = f"No step; open: {escape(asked)}" if asked else "Nothing to do"
    return [
        f'<text x="{_MARGIN}" y="34" font-size="18" font-weight="600">{steps}</text>',
        f'<text x="{_MARGIN}" y="56">{escape(money)}</text>',
        f'<text x="{_MARGIN}" y="76" fill="{_FAINT}" font-size="12">Plan {plan.hash}</text>',
    ]


def _column(kind: str, x: int, bottom: int) -> str:
    middle = x + _COLUMN // 2
    return (
        f'<line x1="{middle}" y1="{_TOP}" x2="{middle}" y2="{bottom}" stroke="#d7dde3"/>'
        f'<text transform="translate({middle + 2} {_TOP - 8}) rotate(-32)" font-size="12">{escape(_words(kind))}</text>'
    )


def _line(target: str, index: int, width: int) -> str:
    y = _TOP + _ROW * index
    stripe = (
        f'<rect x="0" y="{y}" width="{width}" height="{_ROW}" fill="{_STRIPE}" opacity=".75"/>' if index % 2 else ""
    )
    return f'{stripe}<text x="{_MARGIN}" y="{y + _ROW // 2 + 4}">{escape(target)}</text>'


def _cell(steps: list[tuple[int, Step]], x: int, y: int) -> str:
    """The riskiest step gives colour and shape; the title tells each on hover."""
    risks: list[Risk] = [step.risk for _, step in steps]
    worst = max(risks, key=list(_COLOURS).index)
    text = str(steps[0][0]) if len(steps) == 1 else f"{steps[0][0]}+{len(steps) - 1}"
    told = "\n".join(f"{number}. {step.kind}: {step.reason} ({step.risk}{_price(step)})" for number, step in steps)
    monthly = sum(step.price.monthly for _, step in steps)
    money = f'<text x="{x + 17}" y="{y + 4}" font-size="9" fill="{_FAINT}">{monthly:+.2f}</text>' if monthly else ""
    return (
        f"<g><title>{escape(told)}</title>{_shape(worst, x, y, len(text))}"
        f'<text x="{x}" y="{y + 4}" text-anchor="middle" font-size="11" font-weight="600" fill="#fff">{text}</text>'
        f"{money}</g>"
    )


def _shape(risk: Risk, x: int, y: int, letters: int = 1) -> str:
    half, colour = _BOX // 2, _COLOURS[risk]
    if risk == "destroys data":
        far = half + 4 + max(0, letters - 2) * 3
        return f'<path d="M{x} {y - half - 4}l{far} {half + 4}l-{far} {half + 4}l-{far} -{half + 4}z" fill="{colour}"/>'
    if risk == "binds money":
        flat = half - 6 + max(0, letters - 2) * 4
        return (
            f'<path d="M{x - flat} {y - half}h{2 * flat}l8 {half}l-8 {half}h-{2 * flat}l-8 -{half}z" fill="{colour}"/>'
        )
    corner, wide = half if risk == "reversible" else 3, half + max(0, letters - 2) * 4
    return f'<rect x="{x - wide}" y="{y - half}" width="{2 * wide}" height="{_BOX}" rx="{corner}" fill="{colour}"/>'


def _legend(y: int) -> str:
    parts, x = [], _MARGIN + _BOX // 2
    for risk in _COLOURS:
        parts.append(f'{_shape(risk, x, y)}<text x="{x + 22}" y="{y + 4}" font-size="12">{risk}</text>')
        x += 60 + int(len(risk) * _LETTER)
    return "".join(parts)


def _price(step: Step) -> str:
    if step.price.monthly == 0 and step.price.today == 0:
        return ""
    return f", {step.price.monthly:+.2f} EUR a month, {step.price.today:.2f} today, without tax"


def _words(kind: str) -> str:
    return kind.replace("_", " ").replace(".", " ")
