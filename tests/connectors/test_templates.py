"""Templates render as Apache Velocity 1.7 does (data-actions.md §4.3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.templates import RenderError, TemplateSyntaxError, parse, render
from connectors.templates.tree import Call, Reference

INPUT: dict[str, Any] = {"x": 'a"b', "y": '""', "e": "", "z": None, "n": 5, "b": True, "f": False, "d": 1.5}


def shown(template: str, **more: Any) -> str:
    return render(template, {"input": INPUT, **more})


ROWS = [
    ("${input.x}", 'a"b'),
    ("$input.x", 'a"b'),
    ('${input["x"]}', 'a"b'),
    ('$input.get("x")', 'a"b'),
    ("${input.z}", "${input.z}"),
    ("$!{input.z}", ""),
    ("$!{nope.foo.bar}", ""),
    ("${nope.foo.bar}", "${nope.foo.bar}"),
    ("${INPUT.x}", "${INPUT.x}"),
    ("price $input.n.", "price 5."),
    ("$input.n%", "5%"),
    ('"$input.x"', '"a"b"'),
    ("$5.00", "$5.00"),
    (r"\${input.x}", "${input.x}"),
    (r"\${input.z}", r"\${input.z}"),
    (r"\\${input.x}", 'a"b'.join(["\\", ""])),
    ("# x", "# x"),
    ("#x", "#x"),
    (r"\#if", "#if"),
    ("#if($input.z)yes#end", ""),
    ("#if(${input.f})yes#end", ""),
    ("#if($input.e)yes#end", "yes"),
    ('#if("$!{input.e}" != "")yes#end', ""),
    ('#if(${input.n} == "5")yes#end', "yes"),
    ("#if('$input.e' == '')yes#end", ""),
    ("#if($input.b)Y#else N#end", "Y"),
    ("#if($input.f)Y#else N#end", " N"),
    ("#if($input.f)Y#{else}N#end", "N"),
    ("#if($input.b)x#end-y", "x-y"),
    ("#if($input.f)x#else-y#end", "-y"),
    (r"\#end-", "#end-"),
    ("#set($l = [])#set($t = $l.add(3))$l.size() $l", "1 [3]"),
    ("#set($d = {})#set($t = $d.put('a', 1))$d $d.a", '{"a":1} 1'),
    ("#set($l = [])#foreach($i in [1..3])#if($i > 1)#set($t = $l.add($i))#end#end$l", "[2,3]"),
    ("#if($input.f)A#elseif($input.n > 4)B#end", "B"),
    ("#set($a=$input.n+1)$a", "6"),
    ("#set($a = [1..3])$a", "[1,2,3]"),
    ("#foreach($i in [1..3])$i#if($foreach.hasNext),#end#end", "1,2,3"),
    ("#foreach($i in [3..1])$velocityCount$i #end", "13 22 31 "),
    ("a ## c\nb", "a b"),
    ("a #* c\n *# b", "a  b"),
    ("#[[$input.x #if]]#", "$input.x #if"),
    ("x#if($input.x) \n A\n#end\nB", "x A\nB"),
    ("#set($a = 1)\nB", "B"),
    ("$esc.url($input.nope)", "$esc.url($input.nope)"),
    ("$!esc.url($input.nope)", ""),
    ('$esc.url("$!{input.nope}")', ""),
    ('${input.x.replace("a","Z")}', 'Z"b'),
    ("${input.x.length()}", "3"),
    ("${input.x.substring(2)}", "b"),
    ("$input.d $input.b", "1.5 true"),
    ("${esc.dollar}select", "$select"),
    ("$esc.quote$esc.q$esc.hash", '""#'),
    ("#if($input.n < 6 and not $input.f)yes#end", "yes"),
    ("#if($input.n lt 5 || $input.n >= 6)yes#end", ""),
    ("$math.add(1, 2) $math.div(7, 2) $math.idiv(7, 2) $math.roundTo(1, 2.25)", "3 3.5 3 2.2"),
]


@pytest.mark.parametrize(("template", "expected"), ROWS)
def test_every_row_of_the_reference_renders_exactly(template: str, expected: str) -> None:
    assert shown(template) == expected


def test_two_dollars_before_a_reference_print_one_and_the_value() -> None:
    assert shown("$${v}", v='["v"]') == '$["v"]'


def test_lists_and_objects_print_as_compact_json() -> None:
    assert shown("$v", v=[1, {"a": "ü"}]) == '[1,{"a":"ü"}]'


@pytest.mark.parametrize(
    "template", ["a$", "a$$", "a#", "${input.x|default}", "#if($a)", "#end", "#foreach($i in $a)", "${a"]
)
def test_what_velocity_refuses_is_a_syntax_error_with_a_place(template: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        parse(template)
    assert 0 <= caught.value.at <= len(template)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("$esc.url('tel:+1 3')", "tel%3A%2B1+3"),
        ("$esc.url('a b+c/ü')", "a+b%2Bc%2F%C3%BC"),
        ("$esc.url('~!()*-._')", "%7E%21%28%29*-._"),
        ("$esc.uriEncode('a b+c')", "a%20b%2Bc"),
        ("$esc.html('<ü>')", "&lt;&uuml;&gt;"),
        ("$esc.xml('<a&b>')", "&lt;a&amp;b&gt;"),
        ("""$esc.sql("O'B")""", "O''B"),
        ("""$esc.jsonString('a"b\\ü')""", 'a\\"b\\\\ü'),
        ("$encoding.base64('user:pässword')", "dXNlcjpww6Rzc3dvcmQ="),
        ("$salesforce.escReserved('+1-2 (3)')", r"\+1\-2 \(3\)"),
        ("$urlTool.optionalQueryParam('q', 'a b')", "&q=a%20b"),
        ("$urlTool.optionalQueryParam('q', '')", ""),
        ('$msdynamics.phoneNumberFilter("tel:+1", ["a"])', "a eq 'tel:+1' or a eq '1'"),
        ("${successTemplateUtils.firstFromArray('[1,2]')}", "1"),
        ("${successTemplateUtils.firstFromArray('[]', \"$esc.quote$esc.quote\")}", '""'),
        ("${successTemplateUtils.firstFromArray('[null,1]')}", "null"),
        ("${successTemplateUtils.firstFromArray('no list', '0')}", "0"),
    ],
)
def test_tools_give_what_the_reference_says(call: str, expected: str) -> None:
    assert shown(call) == expected


@pytest.mark.parametrize("shape", ['"${v}"', "${v}"])
def test_the_first_of_a_list_is_taken_from_quoted_and_unquoted_arguments(shape: str) -> None:
    assert shown(f"${{successTemplateUtils.firstFromArray({shape})}}", v='[{"k":"v"}]') == '{"k":"v"}'


@pytest.mark.parametrize("template", ["$input.x.getClass()", "${input.x.format('a')}", "$esc.nonsense('a')", "#stop"])
def test_what_the_subset_lacks_fails_instead_of_printing(template: str) -> None:
    with pytest.raises(RenderError):
        shown(template)


def test_loops_and_output_are_capped() -> None:
    with pytest.raises(RenderError, match="grows beyond"):
        shown("#set($l = [])#foreach($i in [1..10000])#set($t = $l.add($i))#end#set($t = $l.add(1))")
    with pytest.raises(RenderError, match="itself"):
        shown("#set($l = [])#set($t = $l.add($l))$l")
    with pytest.raises(RenderError, match="itself"):
        shown("#set($d = {})#set($t = $d.put('a', [$d]))$d")
    with pytest.raises(RenderError, match="nested"):
        shown("#set($l = [])#foreach($i in [1..9000])#set($l = [$l])#end$l")
    with pytest.raises(RenderError, match="range"):
        shown("#foreach($i in [1..100000])x#end")
    with pytest.raises(RenderError, match="prints more"):
        shown("$v$v", v="x" * 600_000)


def test_a_pattern_with_catastrophic_backtracking_runs_in_linear_time() -> None:
    assert shown("${input.x.replaceAll('(a+)+$', '')}", input={"x": "a" * 5000 + "!"}).endswith("!")


def test_every_node_knows_where_it_stands() -> None:
    text = 'a ${input.x} $esc.url("b $input.n")'
    block = parse(text)
    first, second = (item for item in block.items if isinstance(item, Reference))
    assert text[first.start : first.end] == "${input.x}"
    call = second.steps[0]
    assert isinstance(call, Call)
    inner = call.arguments[0].body.items[1]  # type: ignore[union-attr]  # a text in quotes
    assert text[inner.start : inner.end] == "$input.n"


names = st.sampled_from(["input", "x", "__class__", "__init__", "mro", "keys", "__globals__", "get", "format", "esc"])


@settings(max_examples=150, deadline=None)
@given(st.lists(names, min_size=1, max_size=4), st.booleans())
def test_nothing_of_python_can_be_reached(path: list[str], call: bool) -> None:
    source = "$" + ".".join(path) + ("()" if call else "")
    try:
        output = shown(source, x=[1, "a"])
    except (RenderError, TemplateSyntaxError):
        return
    assert not any(word in output for word in ("<class", "<built-in", "function", "object at"))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab ${}#().\"'\\\n", max_size=30))
def test_any_text_renders_or_fails_as_a_template_does(text: str) -> None:
    at = 0
    try:
        render(text, {"a": "A"})
    except (TemplateSyntaxError, RenderError) as error:
        at = error.at
    assert 0 <= at <= len(text)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="$#\\"), max_size=40))
def test_text_without_dollar_hash_and_backslash_prints_itself(text: str) -> None:
    assert render(text, {}) == text


def corpus_renders(corpus: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((corpus / "templates/velocity.json").read_text("utf-8"))
    return found


@pytest.mark.corpus
def test_the_renders_of_the_corpus_are_byte_equal(corpus: Path) -> None:
    compared = 0
    for case in corpus_renders(corpus):
        if "msdynamics" in case["helpers"]:
            continue  # the corpus has only a stand-in for it
        context = {k: case["context"][k] for k in ("input", "credentials", "authResponse") if k in case["context"]}
        output = render(case["template"], {**context, **case["context"].get("vars", {})})
        if "error" in case:
            assert "salesforce.escReserved" in output  # the reference is printed
            continue
        compared += 1
        assert output == case["expected"], case["id"]
    assert compared == 600
