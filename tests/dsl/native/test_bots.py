"""Bots in the native form: what they understand, how they ask, and what has no place in Archy's form."""

from __future__ import annotations

import json
from typing import Any

from dsl import check_flow
from dsl.native import Imported, decode_native, import_flow, to_text
from dsl.source import Severity, Source, plain
from tests.dsl.native.exporter import empty, expression, literal

GREETING, ORDER = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"


def said(text: str) -> dict[str, Any]:
    return expression(f'ToCommunication("{text}")', "com", mode=4)


def exit_bot(number: str = "x") -> dict[str, Any]:
    return {"__type": "ExitBotFlowAction", "id": number, "name": "Leave"}


def bot(*asked: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A bot that leaves at once, with a task "Order" of these actions."""
    listed = [{**action, "nextAction": "x"} for action in asked] + [exit_bot()]
    greeting = {"__type": "BotState", "id": GREETING, "trackingId": 1, "name": "Hello", "startAction": "leave"}
    order = {"__type": "Task", "id": ORDER, "trackingId": 2, "name": "Order", "startAction": listed[0]["id"]}
    return {
        "name": "Shop",
        "type": "digitalbot",
        "defaultLanguage": "en-US",
        "supportedLanguages": ["en-US"],
        "initialSequence": GREETING,
        "flowSequenceItemList": [{**greeting, "actionList": [exit_bot("leave")]}, {**order, "actionList": listed}],
        "variables": [
            {"__type": "StringVariable", "name": "Slot.Size", "initialValue": empty("str")},
        ],
        **more,
    }


def understanding(**more: Any) -> dict[str, Any]:
    segments = [{"text": "a big one", "entity": {"name": "Size"}}]
    domain = {
        "language": "en-us",
        "intents": [{"name": "Buy", "utterances": [{"segments": segments}]}],
        "entities": [{"name": "Size", "type": "Sizes"}],
        "entityTypes": [{"name": "Sizes", "mechanism": {"type": "List", "items": [{"value": "big"}]}}],
    }
    return {"rawNlu": json.dumps(domain), "rawNluCompressionFormat": "none", **more}


def read(document: dict[str, Any]) -> Imported:
    decoded = decode_native(Source("x", json.dumps(document)))
    assert decoded is not None
    return import_flow(decoded[1])


def body_of(document: dict[str, Any]) -> dict[str, Any]:
    body: Any = plain(read(document).document)
    found: dict[str, Any] = body["digitalBot"]
    return found


def asked(action: dict[str, Any]) -> dict[str, Any]:
    """The first action of the task as it is written, without its key."""
    body: Any = body_of(bot(action, nluMetaData=understanding()))
    (inner,) = body["tasks"][0]["task"]["actions"][0].values()
    return dict(inner)


def test_an_intent_keeps_its_question_and_the_task_that_handles_it() -> None:
    meta = understanding(
        intents={"Buy": {"confirmation": said("You want to buy?")}},
        mappings={"intentsToReusableTasks": {"Buy": {"id": ORDER}}},
    )
    settings = body_of(bot(nluMetaData=meta))["settingsBotFlow"]["intentSettings"]
    question = {"exp": 'ToCommunication("You want to buy?")'}
    assert settings == [{"intent": {"name": "Buy", "confirmation": question, "task": {"name": "Order"}}}]


def test_limits_and_apologies_come_along() -> None:
    given = {
        "noMatchesMax": literal("2", "int"),
        "noInputsTimeout": literal("P0D0H0M20S0F", "dur"),
        "dtmfTerminatingCharacter": literal("*", "str"),
        "noInputsApologies": [said("Are you there?")],
    }
    assert body_of(bot(userInputSettings=given))["settingsUserInput"] == {
        "noMatchesMax": {"lit": 2},
        "noInputsTimeout": {"lit": {"seconds": 20}},
        "dtmfTerminatingCharacter": "*",
        "noInputApology": {"exp": 'ToCommunication("Are you there?")'},
    }


def test_what_happens_when_nothing_is_understood_comes_along() -> None:
    handling = {
        "handlingType": "exitBot",
        "enableAgentEscalation": literal("true", "bln"),
        "recognitionEventHandover": said("I hand you over."),
        "recognitionHandlingType": "exitBot",
        "subsequentRecognitionFailuresHandlingType": "exit",
    }
    assert body_of(bot(errorHandling=handling))["settingsErrorHandling"] == {
        "errorHandling": {"exit": {"none": True}},
        "enableAgentEscalation": {"lit": True},
        "recognitionFailureEventHandover": {"exp": 'ToCommunication("I hand you over.")'},
        "recognitionFailureEventHandling": {"exit": {"none": True}},
        "subsequentRecognitionFailuresHandlingType": "Exit",
    }


def test_a_knowledge_base_leads_to_its_task() -> None:
    given = {
        "knowledgeBaseName": "Help",
        "knowledgePathMode": literal("task", "str"),
        "knowledgeFollowupTaskId": ORDER,
        "maxNumOfAnswersReturned": literal("2", "int"),
    }
    assert body_of(bot(knowledgeSettings=given))["settingsKnowledge"] == {
        "Help": {
            "knowledgePathMode": "task",
            "maxNumOfAnswersReturned": {"lit": 2},
            "knowledgePath": {"targetTaskRef": "/digitalBot/tasks/task[Order_2]"},
        }
    }


def test_a_question_for_a_slot_names_the_slot_and_what_is_said_when_it_is_asked_again() -> None:
    action = {
        "__type": "AskForSlotAction",
        "id": "a",
        "name": "Which size",
        "selectedSlot": "Size",
        "selectedSlotType": "Sizes",
        "question": said("Which size?"),
        "noMatches": [said("Big or small?")],
    }
    found = asked(action)
    assert found["slot"] == {"name": "Size"}
    assert found["noMatch"] == {"exp": 'ToCommunication("Big or small?")'}


def test_a_further_text_for_asking_again_is_told() -> None:
    action = {
        "__type": "AskForBooleanAction",
        "id": "a",
        "name": "Sure",
        "question": said("Sure?"),
        "noInputs": [said("Sure?"), said("Hello?")],
    }
    (left,) = read(bot(action)).leftovers
    assert left.path.endswith(".noInputs[1]")


def test_buttons_of_a_menu_keep_what_they_show_and_send() -> None:
    def part(**properties: Any) -> dict[str, Any]:
        return {**literal("", "chs"), "properties": properties}

    def collection(*items: dict[str, Any]) -> dict[str, Any]:
        return {"config": {"lit": {"text": "", "type": "chc_coll", "items": list(items)}}, "type": "chc_coll"}

    button = part(label=literal("Big", "str"), value=literal("L", "str"), type=literal("postback", "str"))
    action = {
        "__type": "DigitalMenuAction",
        "id": "a",
        "name": "Size",
        "question": said("Which?"),
        "chooser": part(presentation=literal("quickReplies", "str"), quickReplies=part(buttons=collection(button))),
    }
    shown = {"lit": {"label": {"lit": "Big"}, "value": {"lit": "L"}, "type": {"lit": "postback"}}}
    assert asked(action)["chooser"] == {
        "lit": {"presentation": {"lit": "quickReplies"}, "quickReplies": {"lit": {"buttons": {"lit": [shown]}}}}
    }


def test_a_bot_that_comes_back_to_the_caller_asks_whether_there_is_anything_else() -> None:
    action = {"__type": "AskForNLUNextIntentAction", "id": "a", "name": "More", "question": said("Anything else?")}
    (key,) = body_of(bot(action))["tasks"][0]["task"]["actions"][0]
    assert key == "loopAnythingElse"


def test_an_understanding_that_cannot_be_read_leaves_the_names_of_the_intents_and_says_so() -> None:
    meta = {"rawNlu": "H4sIAAAA", "archNlu": {"id": "1", "intents": [{"name": "Buy"}], "isFromWorkbench": True}}
    imported = read(bot(nluMetaData=meta))
    body: Any = plain(imported.document)
    domain = body["digitalBot"]["settingsNaturalLanguageUnderstanding"]["nluDomainVersion"]
    assert domain == {"intents": [{"name": "Buy"}]}
    assert [finding.element for finding in imported.findings] == ["$.nluMetaData.rawNlu"]


def test_the_form_of_a_survey_is_kept_as_a_comment() -> None:
    imported = read(bot(botFlowSettings={"virtualAgentEnabled": True, "surveyFormInfo": {"name": "How was it"}}))
    body: Any = plain(imported.document)
    assert body["digitalBot"]["settingsBotFlow"] == {"virtualAgentEnabled": True}
    assert [left.path for left in imported.leftovers] == ["$.botFlowSettings.surveyFormInfo"]


def test_an_imported_bot_checks_without_an_error() -> None:
    action = {"__type": "AskForSlotAction", "id": "a", "name": "Size", "selectedSlot": "Size", "question": said("?")}
    meta = understanding(mappings={"intentsToReusableTasks": {"Buy": {"id": ORDER}}})
    imported = read(bot(action, nluMetaData=meta, userInputSettings={"noMatchesMax": literal("2", "int")}))
    found = check_flow(Source("x.yaml", to_text(imported, "x"))).findings
    assert [f.message for f in found if f.severity is not Severity.INFO] == []
