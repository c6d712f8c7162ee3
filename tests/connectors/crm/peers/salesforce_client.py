"""Drives a Salesforce dialect server with simple-salesforce: ``salesforce_client.py ORIGIN``; prints what it saw."""

import json
import sys

from requests import Session
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce, SalesforceMalformedRequest, SalesforceResourceNotFound


class Plain(HTTPAdapter):
    """The client always says https; the server on this machine has no certificate."""

    def send(self, request, *arguments, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, *arguments, **options)


origin = sys.argv[1]
session = Session()
session.trust_env = False
session.mount(origin.replace("http", "https"), Plain())
client = Salesforce(instance_url=origin, session_id="session", version="60.0", session=session)
made = client.Contact.create({"LastName": "O'Brien", "Phone": "+4930123456"})
queried = client.query("SELECT Id, LastName FROM Contact WHERE LastName = 'O\\'Brien'")
client.Contact.update(made["id"], {"LastName": "Müller"})
got = client.Contact.get(made["id"])
every = [row["LastName"] for row in client.query_all_iter("SELECT LastName FROM Contact ORDER BY LastName")]
try:
    client.query("SELECT nonsense")
    malformed = None
except SalesforceMalformedRequest as error:
    malformed = error.content[0]["errorCode"]
try:
    client.Contact.get("003000000000000AAA")
    missing = None
except SalesforceResourceNotFound as error:
    missing = error.content[0]["errorCode"]
print(
    json.dumps(
        {
            "success": made["success"],
            "found": [row["LastName"] for row in queried["records"]],
            "got": got["LastName"],
            "every": every,
            "malformed": malformed,
            "missing": missing,
        }
    )
)
