"""Traces of the real mlflow client: stored, found, read back with their spans."""

from __future__ import annotations

import base64
from typing import Any

from runstone.server.otlp import protobuf


def test_traces(peer: Any) -> None:
    found = peer.run("""
        made = mlflow.set_experiment("traces").experiment_id
        @mlflow.trace(name="inner")
        def inner(x):
            return x * 2
        @mlflow.trace(name="outer")
        def outer(x):
            return inner(x) + 1
        outer(3)
        mlflow.flush_trace_async_logging()
        trace_id = mlflow.get_last_active_trace_id()
        client.set_trace_tag(trace_id, "kind", "test")
        trace = client.get_trace(trace_id)
        searched = client.search_traces(locations=[made], filter_string="tags.kind = 'test' AND trace.status = 'OK'")
        mlflow.log_feedback(trace_id=trace_id, name="good", value=True)
        after = client.get_trace(trace_id).info.assessments
        client.delete_trace_tag(trace_id, "kind")
        found = {
            "spans": sorted(span.name for span in trace.data.spans), "outputs": trace.data.spans[0].outputs,
            "state": str(trace.info.state), "searched": [one.info.trace_id for one in searched] == [trace_id],
            "spans_found": len(searched[0].data.spans), "feedback": [one.name for one in after],
            "deleted": client.delete_traces(made, trace_ids=[trace_id]),
        }
    """)
    assert found == {
        "spans": ["inner", "outer"],
        "outputs": 7,
        "state": "OK",
        "searched": True,
        "spans_found": 2,
        "feedback": ["good"],
        "deleted": 1,
    }


def test_assessments_are_read_changed_and_removed(peer: Any) -> None:
    found = peer.run("""
        from mlflow.entities import Feedback
        mlflow.set_experiment("assessed")
        with mlflow.start_span("work") as span:
            pass
        mlflow.flush_trace_async_logging()
        trace_id = span.trace_id
        one = mlflow.log_feedback(trace_id=trace_id, name="good", value=True, rationale="so it seemed")
        mlflow.log_feedback(trace_id=trace_id, name="short", value=1.5)
        read = mlflow.get_assessment(trace_id, one.assessment_id)
        mlflow.update_assessment(trace_id, one.assessment_id, Feedback(name="better", value=False))
        after = mlflow.get_assessment(trace_id, one.assessment_id)
        mlflow.delete_assessment(trace_id, one.assessment_id)
        try:
            mlflow.get_assessment(trace_id, one.assessment_id)
            gone = "still there"
        except mlflow.MlflowException as error:
            gone = error.error_code
        found = {
            "read": [read.name, read.value, read.rationale], "after": [after.name, after.value, after.rationale],
            "updated": after.last_update_time_ms >= read.last_update_time_ms, "gone": gone,
            "left": [item.name for item in client.get_trace(trace_id).info.assessments],
        }
    """)
    assert found == {
        "read": ["good", True, "so it seemed"],
        "after": ["better", False, "so it seemed"],
        "updated": True,
        "gone": "RESOURCE_DOES_NOT_EXIST",
        "left": ["short"],
    }


def test_those_who_assess_one_trace_at_once_lose_nothing(peer: Any) -> None:
    found = peer.run("""
        from concurrent.futures import ThreadPoolExecutor
        mlflow.set_experiment("assessed at once")
        with mlflow.start_span("work") as span:
            pass
        mlflow.flush_trace_async_logging()
        names = [f"judge{each}" for each in range(40)]
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda name: mlflow.log_feedback(trace_id=span.trace_id, name=name, value=1.0), names))
        found = sorted(one.name for one in client.get_trace(span.trace_id).info.assessments) == sorted(names)
    """)
    assert found is True


def test_everything_about_traces_that_the_client_asks(peer: Any) -> None:
    found = peer.run("""
        import time
        made = mlflow.set_experiment("traces wide").experiment_id
        @mlflow.trace(span_type="CHAIN", attributes={"model": "m1"})
        def answer(question):
            with mlflow.start_span("look up") as span:
                span.set_inputs({"q": question}); span.set_outputs([1, 2.5, None, {"x": True}])
                span.add_event(mlflow.entities.SpanEvent("found", attributes={"n": 3}))
            if question == "bad":
                raise ValueError("no answer")
            mlflow.update_current_trace(tags={"topic": question}, metadata={"build": "7"})
            return question.upper()
        with mlflow.start_run() as run:
            answer("a")
        time.sleep(0.002)  # a start of its own for each: they are asked for in its order
        answer("b")
        time.sleep(0.002)
        try:
            answer("bad")
        except ValueError:
            pass
        mlflow.flush_trace_async_logging()
        every = client.search_traces(locations=[made], order_by=["timestamp_ms ASC"])
        ids = [one.info.trace_id for one in every]
        first = client.search_traces(locations=[made], max_results=2, order_by=["timestamp_ms ASC"])
        rest = client.search_traces(locations=[made], max_results=2, order_by=["timestamp_ms ASC"], page_token=first.token)
        def searched(**query):
            return [ids.index(one.info.trace_id) for one in client.search_traces(locations=[made], **query)]
        whole = client._tracking_client.store.batch_get_traces(ids + ["tr-none"])
        inner = whole[0].search_spans(name="look up")[0]
        client.link_traces_to_run([ids[1]], run.info.run_id) if hasattr(client, "link_traces_to_run") else \
            client._tracking_client.store.link_traces_to_run([ids[1]], run.info.run_id)
        frame = mlflow.search_traces(locations=[made])
        found = {
            "states": [one.info.state.value for one in every], "pages": [len(first), len(rest)],
            "tag": searched(filter_string="tags.topic = 'b'"), "error": searched(filter_string="trace.status = 'ERROR'"),
            "metadata": sorted(searched(filter_string="metadata.build = '7'")),
            "of_run": sorted(searched(filter_string=f"trace.run_id = '{run.info.run_id}'")),
            "infos": [one.trace_id for one in client._tracking_client.store.batch_get_trace_infos(ids)] == ids,
            "whole": [one.info.trace_id for one in whole] == ids, "spans": [len(one.data.spans) for one in whole],
            "inner": [inner.inputs, inner.outputs, inner.parent_id is not None],
            "event": [inner.events[0].name, inner.events[0].attributes],
            "root": [whole[0].data.spans[0].span_type, whole[0].data.spans[0].get_attribute("model")],
            "failed": [str(whole[2].data.spans[0].status.status_code), whole[2].data.spans[0].events[0].name],
            "same": whole[0].data.spans[0].start_time_ns == every[0].data.spans[0].start_time_ns,
            "frame": sorted(frame["state"].astype(str).tolist()) if "state" in frame else list(frame),
            "previews": [every[0].info.request_preview, every[0].info.response_preview],
            "left": [client.delete_traces(made, trace_ids=ids[:1]), len(client.search_traces(locations=[made]))],
        }
    """)
    assert found.pop("failed")[1] == "exception"
    assert found.pop("frame") in (["ERROR", "OK", "OK"], ["TraceState.ERROR", "TraceState.OK", "TraceState.OK"])
    assert found == {
        "states": ["OK", "OK", "ERROR"],
        "pages": [2, 1],
        "tag": [1],
        "error": [2],
        "metadata": [0, 1],
        "of_run": [0, 1],
        "infos": True,
        "whole": True,
        "spans": [2, 2, 2],
        "inner": [{"q": "a"}, [1, 2.5, None, {"x": True}], True],
        "event": ["found", {"n": 3}],
        "root": ["CHAIN", "m1"],
        "same": True,
        "previews": ['{"question": "a"}', '"A"'],
        "left": [1, 2],
    }


def test_a_prompt_is_linked_to_a_trace(peer: Any) -> None:
    found = peer.run("""
        import json
        mlflow.set_experiment("prompted")
        prompt = mlflow.genai.register_prompt("trace-greeting", "Hello {{name}}")
        with mlflow.start_span("work") as span:
            pass
        mlflow.flush_trace_async_logging()
        for _ in range(2):
            client._tracking_client.store.link_prompts_to_trace(span.trace_id, [prompt])
        def found_by(text):
            return len(mlflow.search_traces(filter_string=text, return_type="list"))
        found = [json.loads(client.get_trace(span.trace_id).info.tags["mlflow.linkedPrompts"]),
                 found_by("prompt = 'trace-greeting/1'"), found_by("prompt = 'trace-greeting/2'")]
    """)
    assert found == [[{"name": "trace-greeting", "version": "1"}], 1, 0]


def test_traces_of_mlflow_2(old_peer: Any, peer: Any) -> None:
    found = old_peer.run("""
        made = mlflow.set_experiment("old traces").experiment_id
        @mlflow.trace(name="inner")
        def inner(x):
            return x * 2
        @mlflow.trace(name="outer", attributes={"k": [1, 2]})
        def outer(x):
            mlflow.update_current_trace(tags={"kind": "test"})
            if x < 0:
                raise ValueError("negative")
            return inner(x) + 1
        outer(3)
        try:
            outer(-1)
        except ValueError:
            pass
        import time
        mlflow.flush_trace_async_logging() if hasattr(mlflow, "flush_trace_async_logging") else time.sleep(1)
        every = client.search_traces([made], order_by=["timestamp_ms ASC"])
        one = client.get_trace(every[0].info.request_id)
        client.set_trace_tag(one.info.request_id, "more", "1")
        client.delete_trace_tag(one.info.request_id, "kind")
        after = client.get_trace(one.info.request_id).info
        by_hand = client.start_trace("by hand", inputs={"x": 1}, experiment_id=made)
        client.end_trace(by_hand.request_id, outputs=2)
        found = {
            "status": [str(each.info.status).removeprefix("TraceStatus.") for each in every],
            "spans": sorted(span.name for span in one.data.spans), "tags": [after.tags.get("more"), after.tags.get("kind")],
            "filtered": len(client.search_traces([made], filter_string="status = 'ERROR'")),
            "took": one.info.execution_time_ms is not None, "id": one.info.request_id, "made": made,
            "by_hand": client.get_trace(by_hand.request_id).data.spans[0].outputs,
            "deleted": client.delete_traces(made, request_ids=[every[1].info.request_id]),
        }
    """)
    trace_id, made = found.pop("id"), found.pop("made")
    assert found == {
        "status": ["OK", "ERROR"],
        "spans": ["inner", "outer"],
        "tags": ["1", None],
        "filtered": 1,
        "took": True,
        "by_hand": 2,
        "deleted": 1,
    }
    newer = peer.run(f"""
        found = [sorted(span.name for span in client._tracking_client.store.batch_get_traces(["{trace_id}"])[0].data.spans),
                 len(client.search_traces(locations=["{made}"]))]
    """)
    assert newer == [["inner", "outer"], 2]


def test_every_other_door_to_traces(peer: Any) -> None:
    found = peer.run("""
        import json
        from mlflow.entities import AssessmentSource, SpanType
        from mlflow.tracing.constant import SpanAttributeKey
        made = mlflow.set_experiment("doors").experiment_id
        run = client.create_run(made)
        with mlflow.start_run(run.info.run_id):
            with mlflow.start_span("chat", span_type=SpanType.CHAT_MODEL) as chat:
                chat.set_inputs({"messages": [{"role": "user", "content": "hé"}]})
                chat.set_attribute(SpanAttributeKey.CHAT_USAGE, {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})
                chat.set_attribute("odd", [float("inf"), {"deep": [None, "x"]}])
                mlflow.update_current_trace(metadata={"mlflow.trace.session": "s1"}, client_request_id="req-1")
        by_hand = mlflow.log_trace(name="logged", request={"a": 1}, response="b", tags={"by": "hand"},
                                    start_time_ms=1_700_000_000_000, execution_time_ms=12)
        root = mlflow.start_span_no_context("loose", inputs=1)
        child = mlflow.start_span_no_context("loose child", parent_span=root)
        child.end(); root.end(outputs=2, status="ERROR")
        mlflow.flush_trace_async_logging()
        source = AssessmentSource(source_type="HUMAN", source_id="ada")
        old = mlflow.log_feedback(trace_id=chat.trace_id, name="ok", value=False, source=source)
        new = mlflow.override_feedback(trace_id=chat.trace_id, assessment_id=old.assessment_id, value=True)
        mlflow.log_expectation(trace_id=chat.trace_id, name="expected", value={"answer": 42}, source=source)
        def names(**query):
            query = {"locations": [made], "return_type": "list", **query}
            return sorted(one.info.tags["mlflow.traceName"] for one in mlflow.search_traces(**query))
        chat_trace, loose = mlflow.get_trace(chat.trace_id), mlflow.get_trace(root.trace_id)
        odd = chat_trace.data.spans[0].get_attribute("odd")
        frame = mlflow.search_traces(locations=[made], order_by=["execution_time_ms DESC"], extract_fields=None)
        bare = client.search_traces(locations=[made], include_spans=False)
        mlflow.delete_assessment(chat.trace_id, new.assessment_id)
        again = mlflow.get_assessment(chat.trace_id, old.assessment_id).valid
        after = {one.name: one for one in chat_trace.info.assessments if one.valid is not False}
        found = {
            "usage": chat_trace.info.token_usage, "client_id": chat_trace.info.client_request_id,
            "odd": [str(odd[0]), odd[1]], "inputs": chat_trace.data.spans[0].inputs,
            "run": names(run_id=run.info.run_id), "names": names(), "hand": names(filter_string="tags.by = 'hand'"),
            "session": names(filter_string="metadata.`mlflow.trace.session` = 's1'"),
            "states": names(filter_string="attributes.status = 'ERROR'"),
            "span": [names(filter_string=f"span.{one}") for one in (
                "name = 'loose child'", "type = 'CHAT_MODEL'", "status IN ('ERROR', 'x')", "name = 'none'")],
            "feedback": [names(filter_string=one) for one in (
                "feedback.ok = 'false'", "feedback.ok = 'true'", "expectation.expected LIKE '%42%'",
                "feedback.ok IS NOT NULL")],
            "told_id": names(filter_string="trace.client_request_id = 'req-1' AND trace.end_time_ms > 1"),
            "by_name": names(filter_string="attributes.name LIKE 'loo%'"),
            "slow": names(filter_string="attributes.execution_time_ms >= 12 AND tags.by = 'hand'"),
            "logged": [mlflow.get_trace(by_hand).info.execution_duration, mlflow.get_trace(by_hand).data.response],
            "loose": [[one.name for one in loose.data.spans], str(loose.info.state.value)],
            "frame": len(frame), "bare": [len(one.data.spans) for one in bare],
            "assessed": [after["ok"].value, after["ok"].overrides == old.assessment_id, after["expected"].value],
            "again": again, "old": [one.valid for one in chat_trace.info.assessments if one.assessment_id == old.assessment_id],
        }
    """)
    assert found == {
        "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
        "client_id": "req-1",
        "odd": ["inf", {"deep": [None, "x"]}],
        "inputs": {"messages": [{"role": "user", "content": "hé"}]},
        "run": ["chat"],
        "names": ["chat", "logged", "loose"],
        "hand": ["logged"],
        "session": ["chat"],
        "states": ["loose"],
        "span": [["loose"], ["chat"], ["loose"], []],
        "feedback": [["chat"], [], ["chat"], ["chat"]],
        "told_id": ["chat"],
        "by_name": ["loose"],
        "slow": ["logged"],
        "logged": [12, '"b"'],
        "loose": [["loose", "loose child"], "ERROR"],
        "frame": 3,
        "bare": [0, 0, 0],
        "assessed": [True, True, {"answer": 42}],
        "again": True,
        "old": [False],
    }


def test_a_trace_of_two_services(peer: Any) -> None:
    """The caller's headers name the trace; the other side's spans become part of it, here after the caller has ended."""
    found = peer.run("""
        from mlflow.tracing import get_tracing_context_headers_for_http_request, set_tracing_context_from_http_request_headers
        mlflow.set_experiment("distributed")
        with mlflow.start_span("here") as span:
            headers = get_tracing_context_headers_for_http_request()
        mlflow.flush_trace_async_logging()
        with set_tracing_context_from_http_request_headers(headers):
            with mlflow.start_span("there"):
                pass
            mlflow.flush_trace_async_logging()
        found = [[one.name, one.parent_id is None] for one in mlflow.get_trace(span.trace_id).data.spans]
    """)
    assert found == [["here", True], ["there", False]]


def test_protobuf_is_read_as_its_own_library_writes_it(peer: Any) -> None:
    made = peer.run("""
        import base64, random, string
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
        dice = random.Random(1)
        def text():
            return "".join(dice.choice(string.printable + "éß漢🙂") for _ in range(dice.choice([0, 1, 5, 200])))
        def value(into, depth=0):
            kind = dice.randrange(8 if depth < 3 else 6)
            if kind == 0: into.string_value = text(); return into.string_value
            if kind == 1: into.bool_value = dice.random() < 0.5; return into.bool_value
            if kind == 2: into.int_value = dice.choice([0, -1, 2**63 - 1, -2**63, dice.randrange(10**6)]); return into.int_value
            if kind == 3: into.double_value = dice.choice([0.0, -1.5, 1e300, 0.1]); return into.double_value
            if kind == 4:
                into.bytes_value = dice.randbytes(dice.randrange(9)); return base64.b64encode(into.bytes_value).decode()
            if kind == 5: return None
            if kind == 6:
                into.array_value.SetInParent()
                return [value(into.array_value.values.add(), depth + 1) for _ in range(dice.randrange(4))]
            into.kvlist_value.SetInParent()
            return pairs(into.kvlist_value.values, depth + 1)
        def pairs(into, depth=0):
            found = {}
            for number in range(dice.randrange(4)):
                one = into.add(); one.key = f"{number} {text()}"
                found[one.key] = value(one.value, depth)
            return found
        found = []
        for _ in range(200):
            request, spans = ExportTraceServiceRequest(), []
            for _ in range(dice.randrange(3)):
                group = request.resource_spans.add(); group.schema_url = text()
                resource = pairs(group.resource.attributes)
                for _ in range(dice.randrange(3)):
                    scope = group.scope_spans.add(); scope.scope.name = text(); scope.schema_url = text()
                    for _ in range(dice.randrange(3)):
                        span = scope.spans.add()
                        span.trace_id, span.span_id = dice.randbytes(16), dice.randbytes(8)
                        span.parent_span_id = dice.randbytes(dice.choice([0, 8]))
                        span.trace_state, span.name, span.kind, span.flags = text(), text(), dice.randrange(6), 257
                        span.start_time_unix_nano, span.end_time_unix_nano = dice.randrange(2**64), dice.randrange(2**63)
                        span.dropped_attributes_count = 7
                        span.status.code, span.status.message = dice.randrange(3), text()
                        one = {"ids": [span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()], "name": span.name,
                               "times": [span.start_time_unix_nano, span.end_time_unix_nano], "resource": resource,
                               "status": [span.status.code, span.status.message], "attributes": pairs(span.attributes),
                               "events": [], "links": []}
                        for _ in range(dice.randrange(3)):
                            event = span.events.add(); event.name = text(); event.time_unix_nano = dice.randrange(2**64)
                            one["events"].append([event.name, event.time_unix_nano, pairs(event.attributes)])
                            link = span.links.add(); link.trace_id, link.span_id = dice.randbytes(16), dice.randbytes(8)
                            one["links"].append([link.trace_id.hex(), link.span_id.hex(), pairs(link.attributes)])
                        spans.append(one)
            found.append([base64.b64encode(request.SerializeToString()).decode(), spans])
    """)
    for body, expected in made:
        read = [
            {
                "ids": [one.trace_id.hex(), one.span_id.hex(), one.parent_id.hex()],
                "name": one.name,
                "times": [one.start, one.end],
                "resource": one.resource,
                "status": [one.status, one.message],
                "attributes": one.attributes,
                "events": [[each.name, each.time, each.attributes] for each in one.events],
                "links": [[each.trace_id.hex(), each.span_id.hex(), each.attributes] for each in one.links],
            }
            for one in protobuf.read(base64.b64decode(body))
        ]
        assert read == expected
    assert sum(len(expected) for _, expected in made) > 100
