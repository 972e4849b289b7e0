"""The modules of a fresh organisation and the fields they come with (Zoho's field lists, and those of its SDK)."""

from collections.abc import Iterable

from .fields import Field


def _text(api_name: str, length: int = 255, data_type: str = "text", *, mandatory: bool = False) -> Field:
    return Field(api_name, data_type, length, mandatory=mandatory)


def _pick(api_name: str, *values: str, mandatory: bool = False) -> Field:
    return Field(api_name, "picklist", 120, mandatory=mandatory, values=list(values))


def _lookup(api_name: str, module: str) -> Field:
    return Field(api_name, "lookup", 120, lookup=module)


def _system(api_name: str, data_type: str, length: int | None = None) -> Field:
    return Field(api_name, data_type, length, read_only=True)


def _everywhere() -> list[Field]:
    return [
        Field("Owner", "ownerlookup", 120),
        _system("Created_By", "ownerlookup", 120),
        _system("Modified_By", "ownerlookup", 120),
        _system("Created_Time", "datetime"),
        _system("Modified_Time", "datetime"),
        _system("Locked__s", "boolean"),
        _system("Record_Status__s", "picklist", 120),
    ]


def _cases() -> Iterable[Field]:
    yield _system("Case_Number", "autonumber", 16)
    yield _text("Subject", 255, mandatory=True)
    yield _pick("Status", "New", "On Hold", "Escalated", "Closed", mandatory=True)
    yield _pick("Case_Origin", "Email", "Phone", "Web", mandatory=True)
    yield _pick("Priority", "-None-", "High", "Medium", "Low")
    yield _pick("Type", "-None-", "Problem", "Feature Request", "Question")
    yield _pick("Case_Reason", "-None-", "User did not attend any training", "Complex functionality", "New problem")
    yield _text("Description", 32_000, "textarea")
    yield _text("Internal_Comments", 3_000, "textarea")
    yield _text("Solution", 32_000, "textarea")
    yield _text("Add_Comment", 32_000, "textarea")
    yield _system("Comments", "text_list")
    yield _system("No_of_comments", "integer", 9)
    yield _text("Email", 100, "email")
    yield _text("Phone", 30, "phone")
    yield _text("Reported_By", 50)
    yield _lookup("Related_To", "Contacts")
    yield _lookup("Account_Name", "Accounts")
    yield _lookup("Deal_Name", "Deals")
    yield _lookup("Product_Name", "Products")


def _contacts() -> Iterable[Field]:
    yield _text("First_Name", 40)
    yield _text("Last_Name", 80, mandatory=True)
    yield Field("Full_Name", "text", 120, read_only=True)
    yield _text("Email", 100, "email")
    yield _text("Secondary_Email", 100, "email")
    yield _text("Phone", 30, "phone")
    yield _text("Home_Phone", 30, "phone")
    yield _text("Other_Phone", 30, "phone")
    yield _text("Mobile", 30, "phone")
    yield _text("Asst_Phone", 30, "phone")
    yield _text("Fax", 30)
    yield _text("Title", 100)
    yield _text("Department", 50)
    yield _pick("Lead_Source", "-None-", "Advertisement", "Chat", "Web Research")
    yield _text("Mailing_City", 100)
    yield _text("Mailing_Country", 100)
    yield _text("Description", 32_000, "textarea")
    yield _lookup("Account_Name", "Accounts")


def _accounts() -> Iterable[Field]:
    yield _text("Account_Name", 200, mandatory=True)
    yield _text("Phone", 30, "phone")
    yield _text("Website", 255, "website")
    yield _pick("Industry", "-None-", "ASP", "ERP", "Government/Military")
    yield Field("Employees", "integer", 9)
    yield Field("Annual_Revenue", "currency", 16)
    yield _lookup("Parent_Account", "Accounts")
    yield _text("Description", 32_000, "textarea")


def _deals() -> Iterable[Field]:
    yield _text("Deal_Name", 120, mandatory=True)
    yield _pick("Stage", "Qualification", "Needs Analysis", "Closed Won", "Closed Lost", mandatory=True)
    yield Field("Amount", "currency", 16)
    yield Field("Closing_Date", "date")
    yield _lookup("Account_Name", "Accounts")
    yield _lookup("Contact_Name", "Contacts")
    yield _text("Description", 32_000, "textarea")


def _products() -> Iterable[Field]:
    yield _text("Product_Name", 200, mandatory=True)
    yield _text("Product_Code", 40)
    yield Field("Product_Active", "boolean")
    yield Field("Unit_Price", "currency", 16)
    yield _text("Description", 32_000, "textarea")


def _notes() -> Iterable[Field]:
    yield _text("Note_Title", 120)
    yield _text("Note_Content", 65_535, "textarea")
    yield _lookup("Parent_Id", "Cases")


#: Module to its system duplicate field: what an upsert checks when nobody tells it otherwise.
SYSTEM_DUPLICATE_FIELDS = {
    "Cases": "Subject",
    "Contacts": "Email",
    "Accounts": "Account_Name",
    "Deals": "Deal_Name",
    "Products": "Product_Name",
}

#: Module to the field that names its records in lookups.
NAME_FIELDS = {**SYSTEM_DUPLICATE_FIELDS, "Contacts": "Full_Name"}


def standard_fields() -> dict[str, list[Field]]:
    """Module to its fields; new objects at every call, for they can be changed."""
    modules = {"Cases": _cases, "Contacts": _contacts, "Accounts": _accounts, "Deals": _deals, "Products": _products}
    shown = {name: [*fields(), *_everywhere()] for name, fields in modules.items()}
    return {**shown, "Notes": [*_notes(), *_everywhere()]}
