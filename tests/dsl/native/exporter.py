"""A writer of the native form, for tests only: our own flows as Architect would export them.

Written from the shapes of real exports, the other way round and independent of the reader: flat action lists joined
by ids, expressions as text beside a typed tree, base64 of percent-encoded JSON around it all.
"""

from __future__ import annotations

import base64
import json
from itertools import count
from typing import Any
from urllib.parse import quote

from dsl.expressions import parse
from dsl.expressions.printing import quoted
from dsl.expressions.tree import Node
from dsl.expressions.types import type_of_variable

CLASSES = {
    "callData": "DataAction",
    "getParticipantData": "GetAttributesAction",
    "setParticipantData": "SetAttributesAction",
    "jumpToMenu": "TransferMenuAction",
    "jumpToTask": "TransferTaskAction",
    "loopExit": "ExitLoopAction",
    "loopNext": "NextLoopAction",
    "setLanguage": "SetLocaleAction",
    "setScreenPop": "ScreenPopAction",
    "transferToAcd": "TransferPureMatchAction",
    "transferToNumber": "TransferExternalAction",
    "updateData": "UpdateVariableAction",
    "endWorkflow": "EndFlowAction",
}
PROPERTIES = {
    "connectTimeout": "connTimeout",
    "condition": "expression",
    "targetNumber": "externalNumber",
    "targetUser": "user",
    "lookupValue": "lookupKeyValue",
    "exitReason": "reasonCode",
    "language": "languageCode",
}
AUDIO = {"audio": "prompts", "preTransferAudio": "preTransferAudio", "failureTransferAudio": "failureTransferAudio"}
CHOICE_KEYS = ("dtmf", "globalDtmf", "globalSpeechRecTerms", "speechRecTerms", "refId")
UNITS = ("days", "hours", "minutes", "seconds", "ms")


def tree(node: Node) -> dict[str, Any]:
    """A parsed expression in the export's nesting."""
    body: dict[str, Any] = {"pos": node.pos, "type": str(node.type)}
    if node.operands:
        body["operands"] = [tree(operand) for operand in node.operands]
    if node.op == "lit":
        body["text"] = str(node.value).lower() if isinstance(node.value, bool) else str(node.value)
    if node.name:
        body["text"] = node.name
    return {node.op: body}


def expression(text: str, type_: str = "any", mode: int = 0) -> dict[str, Any]:
    return {"config": tree(parse(text)[0]), "text": text, "type": type_, "uiMetaData": {"mode": mode}, "version": 2}


def literal(text: str, type_: str, internal: str | None = None) -> dict[str, Any]:
    body = {"pos": 1, "text": text, "type": type_} | ({"val": internal} if internal else {})
    return {"config": {"lit": body}, "text": text, "type": type_, "uiMetaData": {"mode": 1}}


def empty(type_: str = "any") -> dict[str, Any]:
    return {
        "config": {"emp": {"pos": 1, "text": "", "type": type_}},
        "text": "",
        "type": type_,
        "uiMetaData": {"mode": 3},
    }


def bound(name: str, type_: str = "any") -> dict[str, Any]:
    return {"config": {"emp": {"pos": 1, "text": ""}}, "text": name, "type": type_, "uiMetaData": {"mode": 2}}


def value(form: Any) -> dict[str, Any]:
    """Any of Archy's value forms as the export's expression object."""
    if not isinstance(form, dict) or "noValue" in form:
        return empty()
    if "var" in form:
        return bound(form["var"])
    if "exp" in form:
        return expression(str(form["exp"]))
    if "tts" in form or "prompt" in form:
        return audio(form)
    if "lit" not in form:
        return form
    given = form["lit"]
    if isinstance(given, bool):
        return literal(str(given).lower(), "bln")
    if isinstance(given, int):
        return literal(str(given), "int")
    if isinstance(given, list):
        return form
    if isinstance(given, dict) and "name" in given:
        name = given["name"]
        if name.startswith(("Prompt.", "PromptSystem.")):
            short = name.partition(".")[2]
            return literal(short, "pmt", f"__{short}__" if name.startswith("PromptSystem.") else "1-2-3")
        return literal(name, "que", "0-0")
    if isinstance(given, dict):
        parts = [int(given.get(unit, 0)) for unit in UNITS]
        return literal("P{}D{}H{}M{}S{}F".format(*parts), "dur")
    return literal(str(given), "str")


def audio(form: Any) -> dict[str, Any]:
    if isinstance(form, dict) and "tts" in form:
        inner = expression(f"AudioPlaybackOptions(ToAudioTTS({quoted(str(form['tts']))}), true)", "aud")
    elif isinstance(form, dict) and "prompt" in form:
        inner = expression(f"ToAudio({form['prompt']})", "aud")
    else:
        inner = value(form)
    return {"defaultAudio": inner, "cases": [], "bargeInExpression": literal("true", "bln")}


class Exporter:
    def __init__(self) -> None:
        self.numbers = count(10)
        self.ids: dict[str, str] = {}

    def id(self) -> tuple[str, int]:
        number = next(self.numbers)
        return f"00000000-0000-4000-8000-{number:012d}", number

    def flow(self, document: dict[str, Any]) -> dict[str, Any]:
        (flow_type, body), *_ = document.items()
        containers = [
            (kind, item)
            for kind in ("task", "menu", "state", "bot")
            for entry in body.get(f"{kind}s", ())
            for item in entry.values()
        ]
        for kind, item in containers:
            self.ids[f"{kind}[{item.get('refId') or item['name']}]"] = self.id()[0]
        exported: dict[str, Any] = {
            "name": body["name"],
            "description": body.get("description", ""),
            "type": flow_type.lower(),
            "defaultLanguage": body.get("defaultLanguage", "en-us"),
            "supportedLanguages": list(body.get("supportedLanguages") or {"en-us": {}}),
            "manifest": {"queue": [{"name": "Gold", "id": "0-0"}]},
            "flowMetaData": {"flowDocumentVersion": "1.0"},
            "variables": [self.variable(v) for v in body.get("variables", ())],
            "flowSequenceItemList": [],
        }
        if "initialGreeting" in body:
            exported["initialPrompts"] = audio(body["initialGreeting"])
        items = exported["flowSequenceItemList"]
        for kind, item in containers:
            items.append(self.menu(item) if kind == "menu" else self.container(kind, item))
        if "startUpTaskActions" in body:
            start = {
                "name": "Start",
                "actions": body["startUpTaskActions"],
                "variables": body.get("startUpTaskVariables", ()),
            }
            self.ids["task[Start]"] = self.id()[0]
            items.append(self.container("task", start))
            exported["initialSequence"] = self.ids["task[Start]"]
        else:
            exported["initialSequence"] = self.target(body["startUpRef"])
        errors = body.get("settingsErrorHandling")
        if errors:
            (kind, inner), *_ = errors["errorHandling"].items()
            exported["errorHandling"] = {"handlingType": kind[:1].upper() + kind[1:]}
            if "preHandlingAudio" in errors:
                exported["errorHandling"]["audio"] = audio(errors["preHandlingAudio"])
            if kind == "queue":
                exported["errorHandling"]["queue"] = value(inner["targetQueue"])
            elif kind in ("task", "menu"):
                exported["errorHandling"][f"{kind}Reference"] = self.target(next(iter(inner.values())))
        return exported

    def target(self, reference: str) -> str:
        return self.ids[reference.rpartition("/")[2]]

    def variable(self, entry: dict[str, Any]) -> dict[str, Any]:
        (kind, body), *_ = entry.items()
        base = kind.removesuffix("Variable")
        is_list = base.endswith("Collection")
        base = base.removesuffix("Collection")
        class_name = "BoolVariable" if base == "boolean" else base[:1].upper() + base[1:] + "Variable"
        initial = value(body.get("initialValue"))
        if base == "json" and "lit" in initial["config"]:
            initial = literal(initial["text"], "jsn")
        return {
            "__type": class_name,
            "id": self.id()[0],
            "name": body["name"],
            "isCollection": is_list,
            "isInput": body.get("isInput", False),
            "isOutput": body.get("isOutput", False),
            "isSecure": body.get("isSecure", False),
            "initialValue": initial,
        }

    def container(self, kind: str, item: dict[str, Any]) -> dict[str, Any]:
        own = self.ids[f"{kind}[{item.get('refId') or item['name']}]"]
        listed: list[dict[str, Any]] = []
        first = self.actions(item.get("actions") or [], listed)
        exported: dict[str, Any] = {
            "__type": {"task": "Task", "state": "State", "bot": "BotState"}[kind],
            "id": own,
            "trackingId": int(own[-12:]),
            "name": item["name"],
            "startAction": first,
            "variables": [self.variable(v) for v in item.get("variables", ())],
            "actionList": listed,
            "paths": [{"label": "Default", "outputId": "__DEFAULT__"}],
        }
        for path in item.get("outputPaths", ()):
            exported["paths"].append({"label": path["outputPath"]["name"], "outputId": self.id()[0]})
        return exported

    def menu(self, item: dict[str, Any]) -> dict[str, Any]:
        own = self.ids[f"menu[{item.get('refId') or item['name']}]"]
        choices = []
        for entry in item.get("choices", ()):
            (kind, body), *_ = entry.items()
            key = kind.removeprefix("menu")
            key = key[:1].lower() + key[1:]
            action = self.settings(key, {k: v for k, v in body.items() if k not in CHOICE_KEYS})
            choice_id, number = self.id()
            choices.append(
                {
                    "id": choice_id,
                    "trackingId": number,
                    "name": body["name"],
                    "action": action,
                    "digit": body.get("dtmf", "").removeprefix("digit_"),
                    "globalDtmf": body.get("globalDtmf", False),
                    "globalSpeech": body.get("globalSpeechRecTerms", False),
                    "speechRecTerms": body.get("speechRecTerms", {}),
                }
            )
        return {
            "__type": "Menu",
            "id": own,
            "trackingId": int(own[-12:]),
            "name": item["name"],
            "prompts": audio(item["audio"]),
            "menuChoiceList": choices,
            **{
                native: value(item["settingsMenu"][name])
                for native, name in (
                    ("promptRepeatCount", "repeatCount"),
                    ("promptRepeatDelay", "menuSelectionTimeout"),
                )
                if name in item.get("settingsMenu", {})
            },
        }

    def actions(self, entries: list[Any], listed: list[dict[str, Any]]) -> str:
        following, previous = "", None
        for entry in entries:
            (key, body), *_ = entry.items()
            action = self.settings(key, body or {})
            listed.append(action)
            if previous is not None:
                previous["nextAction"] = action["id"]
            previous = action
            following = following or action["id"]
            self.outputs(key, body or {}, action, listed)
        return following

    def outputs(self, key: str, body: dict[str, Any], action: dict[str, Any], listed: list[dict[str, Any]]) -> None:
        if key == "switch":
            self.cases(body, action, listed)
            return
        paths = []
        for name, output in (body.get("outputs") or {}).items():
            if isinstance(output, list):
                for entry in output:
                    (_, listed_output), *_ = entry.items()
                    first = self.actions(listed_output.get("actions") or [], listed)
                    path = {"label": listed_output["name"], "outputId": self.id()[0]}
                    paths.append(path | ({"nextActionId": first} if first else {}))
                continue
            parts = "".join(f"_{char}" if char.isupper() else char for char in name)
            path = {"label": name.capitalize(), "outputId": f"__{parts.upper()}__"}
            first = self.actions((output or {}).get("actions") or [], listed)
            paths.append(path | ({"nextActionId": first} if first else {}))
        if key == "loop":
            action["path"] = paths[0] if paths else {}
        elif paths:
            action["paths"] = paths

    def cases(self, body: dict[str, Any], action: dict[str, Any], listed: list[dict[str, Any]]) -> None:
        (style, inner), *_ = body["evaluate"].items()
        action["switchStyle"] = "matchFirstTrue" if style == "firstTrue" else "matchExpression"
        if style == "firstMatch":
            (kind, inner), *_ = inner.items()
            action["expression"] = value(inner["value"]) | {"type": {"string": "str", "integer": "int"}[kind]}
        action["cases"], action["paths"] = [], []
        for entry in inner["cases"]:
            case = entry["case"]
            output = self.id()[0]
            action["cases"].append({"referenceId": output, "value": value(case["value"])})
            first = self.actions(case.get("actions") or [], listed)
            action["paths"].append({"outputId": output, "label": "Case", "nextActionId": first or None})
        first = self.actions((inner.get("default") or {}).get("actions") or [], listed)
        action["paths"].append({"outputId": "__DEFAULT__", "label": "Default", "nextActionId": first or None})

    def settings(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        own, number = self.id()
        class_name = CLASSES.get(key, f"{key[:1].upper()}{key[1:]}Action")
        found: dict[str, Any] = {"__type": class_name, "id": own, "trackingId": number, "name": body.get("name", key)}
        for name, given in body.items():
            found.update(self.setting(key, name, given))
        return found

    def setting(self, key: str, name: str, given: Any) -> dict[str, Any]:
        if name in ("name", "outputs", "none") or (key, name) == ("switch", "evaluate"):
            return {}
        if name in AUDIO:
            return {AUDIO[name]: audio(given)}
        special = getattr(self, f"_{name}", None)
        if special is not None:
            found: dict[str, Any] = special(given)
            return found
        if key == "collectInput" and name == "inputData":
            return {"resultData": value(given)}
        if isinstance(given, (str, bool)):
            return {PROPERTIES.get(name, name): given}
        return {PROPERTIES.get(name, name): value(given)}

    def _inputAudio(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"prompts": audio(given)}

    def _verificationAudio(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"verificationPrompts": audio(given)}

    def _verificationType(self, given: str) -> dict[str, Any]:  # noqa: N802
        kind = "Numeric" if given == "numeric" else "UniqueDigits"
        return {"verification": given != "none", "verificationType": kind}

    def _playbackMode(self, given: str) -> dict[str, Any]:  # noqa: N802
        return {"playbackMode": given[:1].upper() + given[1:]}

    def _digits(self, given: Any) -> dict[str, Any]:
        if "exact" in given:
            return {f"numberOfDigits{end}": literal(str(given["exact"]), "int") for end in ("Min", "Max")}
        span = given["range"]
        return {
            "numberOfDigitsMin": literal(str(span["min"]), "int"),
            "numberOfDigitsMax": literal(str(span["max"]), "int"),
            "terminatingCharacter": span.get("terminatingDtmf", "").removeprefix("digit_"),
        }

    def _targetQueue(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"queues": [value(given)]}

    def _acdSkills(self, given: Any) -> dict[str, Any]:  # noqa: N802
        if isinstance(given, list):
            return {"skills": [{"skill": value(item["acdSkill"])} for item in given]}
        return {"skills": value(given)}

    def _overrideInQueueFlow(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"inQueueFlowName": given["name"], "inQueueFlowId": "8-8", "enableInQueueFlow": True}

    def _specificRoundingIntervals(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {
            "specificRoundingIntervals": [value(item) for item in (given["lit"] if isinstance(given, dict) else given)]
        }

    def _targetTaskRef(self, given: str) -> dict[str, Any]:  # noqa: N802
        return {"taskReference": self.target(given)}

    def _targetMenuRef(self, given: str) -> dict[str, Any]:  # noqa: N802
        return {"menuReference": self.target(given)}

    def _targetStateRef(self, given: str) -> dict[str, Any]:  # noqa: N802
        return {"stateReference": self.target(given)}

    def _outputPath(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"pathName": given["name"]}

    def _statements(self, given: Any) -> dict[str, Any]:
        return {
            "variables": [
                {"variable": bound(body["variable"], type_of_variable(kind)), "expression": value(body["value"])}
                for entry in given
                for kind, body in entry.items()
            ]
        }

    def _attributes(self, given: Any) -> dict[str, Any]:
        return {
            "variables": [
                {
                    "variable": value(body["name"]),
                    "expression": bound(body["variable"]) if "variable" in body else value(body["value"]),
                }
                for entry in given
                for body in entry.values()
            ]
        }

    def _category(self, given: Any) -> dict[str, Any]:
        (integration, inner), *_ = given.items()
        (action, details), *_ = inner["dataAction"].items()
        return {
            "category": integration,
            "actionName": action,
            "inputs": [{"name": name, "value": value(form)} for name, form in (details.get("inputs") or {}).items()],
            "outputs": [{"name": n, "value": value(f)} for n, f in (details.get("successOutputs") or {}).items()],
            "errorBindings": [{"name": n, "value": value(f)} for n, f in (details.get("failureOutputs") or {}).items()],
        }

    def _callbackNumber(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"callbackNumbers": [value(given)]}

    def _screenPopScript(self, given: Any) -> dict[str, Any]:  # noqa: N802
        (script, inner), *_ = given.items()
        return {
            "screenPopName": script,
            "inputs": [{"name": n, "value": value(f)} for n, f in ((inner or {}).get("inputs") or {}).items()],
        }

    def _playStyle(self, given: Any) -> dict[str, Any]:  # noqa: N802
        lasts = given.get("duration")
        return {"playForDuration": literal("true" if lasts else "false", "bln"), "duration": value(lasts)}

    def _bargeInEnabled(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"bargeInExpression": value(given)}

    def _evaluationType(self, given: Any) -> dict[str, Any]:  # noqa: N802
        inner = given["schedule"]
        zone = {"timeZone": value(inner["scheduleTimeZone"])} if "scheduleTimeZone" in inner else {}
        return {"scheduleName": inner["selectedSchedule"]["lit"]["name"], "scheduleId": "9-9", **zone}

    def _replyMode(self, given: str) -> dict[str, Any]:  # noqa: N802
        return {"replyToSenderOnly": given == "replyToSender"}

    def _targetFlow(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"flowName": given["name"], "flowId": "7-7"}

    def _dataTable(self, given: Any) -> dict[str, Any]:  # noqa: N802
        (table, inner), *_ = given.items()
        pairs = (("outputs", "foundOutputs"), ("errorBindings", "failureOutputs"))
        return {
            "datatableName": table,
            "datatableId": "5-5",
            **{
                native: [{"name": n, "value": value(f)} for n, f in (inner.get(name) or {}).items()]
                for native, name in pairs
            },
        }

    def _commonModule(self, given: Any) -> dict[str, Any]:  # noqa: N802
        (flow, versions), *_ = given.items()
        (_, inner), *_ = versions.items()
        return {
            "flowName": flow,
            "flowId": "6-6",
            **{
                side: [{"name": n, "value": value(f)} for n, f in ((inner or {}).get(side) or {}).items()]
                for side in ("inputs", "outputs")
            },
        }

    _botFlow = _digitalBotFlow = _commonModule  # noqa: N815

    def _evaluate(self, given: Any) -> dict[str, Any]:
        return {} if "now" in given else {"evaluationDateTime": value(given["dateTime"])}

    def _destination(self, given: Any) -> dict[str, Any]:
        (kind, inner), *_ = given.items()
        native = "transferTargetQueue" if kind == "queue" else "transferTarget"
        found = {"transferTargetType": kind, native: value(inner[f"target{kind.capitalize()}"])}
        if "callbackNumber" in inner:
            found["callbackNumbers"] = [value(inner["callbackNumber"])]
        if "calleeName" in inner:
            found["calleeName"] = value(inner["calleeName"])
        if "voicemailGreeting" in inner:
            found["voicemailGreeting"] = audio(inner["voicemailGreeting"])
        return found

    def _slots(self, given: Any) -> dict[str, Any]:
        return {"slots": [{"slotName": body["name"], "slotId": "4-4"} for entry in given for body in entry.values()]}

    def _slot(self, given: Any) -> dict[str, Any]:
        return {"slotName": given["name"]}

    def _failureOutputs(self, given: Any) -> dict[str, Any]:  # noqa: N802
        return {"errorBindings": [{"name": name, "value": value(form)} for name, form in given.items()]}


def export(document: dict[str, Any]) -> str:
    """A flow document (plain values of Archy YAML) as the text of an ``.i3...Flow`` file."""
    data = json.dumps(Exporter().flow(document), ensure_ascii=False)
    return base64.b64encode(quote(data, safe="~()*!.'").encode()).decode()
