"""The organisation and its users (`org`, `users`)."""

from cody2zoho.simulators.wire import Reply

from .call import Call
from .paging import NOTHING


def get_org(call: Call) -> Reply:
    organisation = call.organisation
    licence = {
        "paid": call.knobs.edition != "free",
        "paid_type": call.knobs.edition,
        "users_license_purchased": call.knobs.licensed_users,
        "trial_type": None,
        "trial_action": None,
        "paid_expiry": None,
        "trial_expiry": None,
        "portal_users_license_purchased": 0,
    }
    shown = {
        "id": organisation.zgid,
        "zgid": organisation.zgid,
        "company_name": "Simulated Company",
        "domain_name": f"org{organisation.zgid[-9:]}",
        "primary_email": organisation.user.email,
        "type": "production",
        "time_zone": "America/Los_Angeles",
        "country_code": "US",
        "country": "US",
        "iso_code": "USD",
        "currency": "US Dollar",
        "currency_symbol": "$",
        "currency_locale": "en_US",
        "primary_zuid": organisation.user.zuid,
        "license_details": licence,
    }
    return Reply.json(200, {"org": [shown]})


def get_users(call: Call) -> Reply:
    info = {"per_page": 200, "count": 1, "page": 1, "more_records": False}
    return Reply.json(200, {"users": [call.organisation.user.shown()], "info": info})


def get_user(call: Call) -> Reply:
    user = call.organisation.user
    return Reply.json(200, {"users": [user.shown()]}) if call.names["id"] == user.id else NOTHING
