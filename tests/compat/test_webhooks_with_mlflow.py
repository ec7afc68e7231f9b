"""The real client makes webhooks, and what arrives is what its own receivers check."""

from __future__ import annotations

from typing import Any


def test_webhooks(peer: Any) -> None:
    found = peer.run(
        """
    import http.server, threading, queue, json
    from mlflow.entities.webhook import WebhookEvent
    from mlflow.webhooks.delivery import _generate_hmac_signature

    arrived = queue.Queue()
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            arrived.put((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"thanks")
        def log_message(self, *args): pass
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_address[1]}/in"

    def code(call):
        try:
            call()
        except mlflow.exceptions.MlflowException as error:
            return error.error_code
    def next_one():
        headers, body = arrived.get(timeout=30)
        head = {key.lower(): value for key, value in headers.items()}
        signed = _generate_hmac_signature("s3cret", head["x-mlflow-delivery-id"], head["x-mlflow-timestamp"], body)
        message = json.loads(body)
        return [head["x-mlflow-signature"] == signed, message["entity"], message["action"], message["data"]["name"]]

    events = [WebhookEvent.from_str("registered_model.created"), WebhookEvent.from_str("model_version_alias.created")]
    made = client.create_webhook("hook", url, events[:1], description="says", secret="s3cret")
    got = client.get_webhook(made.webhook_id)
    client.create_registered_model("told of")
    told = next_one()
    tested = client.test_webhook(made.webhook_id, events[1])
    example = next_one()
    changed = client.update_webhook(made.webhook_id, name="other", events=events,
                                    status=mlflow.entities.webhook.WebhookStatus.DISABLED)
    another = client.create_webhook("second", url, events)
    pages = [client.list_webhooks(max_results=1)]
    pages.append(client.list_webhooks(max_results=1, page_token=pages[0].token))
    for one in (made, another):
        client.delete_webhook(one.webhook_id)
    receiver.shutdown()
    receiver.server_close()
    found = {
        "got": [got.name, got.url == url, got.description, str(got.status), [str(one) for one in got.events]],
        "told": told,
        "tested": [tested.success, tested.response_status, tested.response_body],
        "example": example,
        "changed": [changed.name, str(changed.status), [str(one) for one in changed.events], changed.description],
        "pages": [[one.name for one in page] for page in pages] + [pages[1].token or None],
        "gone": [code(lambda: client.get_webhook(made.webhook_id)), code(lambda: client.delete_webhook("nothing"))],
        "wrong": code(lambda: client.create_webhook("x", "ftp://127.0.0.1/", events)),
    }
    """
    )
    assert found == {
        "got": ["hook", True, "says", "ACTIVE", ["registered_model.created"]],
        "told": [True, "registered_model", "created", "told of"],
        "tested": [True, 200, "thanks"],
        "example": [True, "model_version_alias", "created", "example_name"],
        "changed": ["other", "DISABLED", ["registered_model.created", "model_version_alias.created"], "says"],
        "pages": [["other"], ["second"], None],
        "gone": ["RESOURCE_DOES_NOT_EXIST", "RESOURCE_DOES_NOT_EXIST"],
        "wrong": "INVALID_PARAMETER_VALUE",
    }
