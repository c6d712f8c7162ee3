"""The vendor's ``/api/v2`` over what callwright has: three quarters of public data actions call it.

``table`` says which operation is served by whom and what it takes to be allowed to; ``application`` is HTTP around it;
``tokens`` the OAuth side. A path that nothing stands behind is answered with 501 and a sentence.
"""

from web.api.vendor.application import VendorApplication, vendor_routes
from web.api.vendor.message import PublicApi
from web.api.vendor.table import OPERATIONS, operation_at
from web.api.vendor.tokens import INTERNAL, Client, Clients

__all__ = [
    "INTERNAL",
    "OPERATIONS",
    "Client",
    "Clients",
    "PublicApi",
    "VendorApplication",
    "operation_at",
    "vendor_routes",
]
