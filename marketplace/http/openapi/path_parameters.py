"""What the parameters in paths mean, by name: routes write them as `<uuid:listing_id>` and say no more."""

from typing import Any

PATH_PARAMETERS = {
    "application_id": "The id of an application for a transfer approval, as its list returns it.",
    "allocation_id": "The id of a plan, as POST /allocations returns it.",
    "appeal_id": "The id of an appeal, as GET /credit/appeals returns it.",
    "basis_id": "The id of a legal basis, as GET /legal-bases returns it.",
    "block_id": "The id of an entry of the blocked list.",
    "change_id": "The id of a proposed change, as GET /enterprise-changes returns it.",
    "claim_id": "The id of a second claim on a USCC, as GET /uscc-claims returns it.",
    "code": "A waste code or category of that scheme, in any spelling.",
    "declaration_id": "The id of a declaration, as GET /declarations returns it.",
    "deal_id": "The id of a deal.",
    "delivery_id": "The id of a delivery, as GET /webhook-endpoints/{id}/deliveries returns it.",
    "endpoint_id": "The id of an endpoint, as GET /webhook-endpoints returns it.",
    "enterprise_id": "The id of an enterprise.",
    "event_id": "The id of an event of credit.",
    "evaluation_id": "The id of an evaluation, as GET /credit/evaluations returns it.",
    "entry_id": "The id of an entry of the book, as its list returns it.",
    "file_id": "The id of a file, as what it belongs to shows it.",
    "import_id": "The id of an import, as the request that began it returns it.",
    "photo_id": "The id of a photo, as GET /inspections/{id} returns it.",
    "inspection_id": "The id of an inspection, as GET /inspections returns it.",
    "job_id": "The id of a job, as the request that began it returns it.",
    "invitation_id": "The id of an invitation, as GET /invitations returns it.",
    "kind": "The kind of an item of the desk, as GET /desk returns it.",
    "key_id": "The id of a key (not the key itself).",
    "listing_id": "The id of a listing.",
    "manifest_id": "The id of a manifest.",
    "correction_id": "The id of a correction that somebody asked for, as the manifest shows it.",
    "member_id": "The id of a membership, as GET /members returns it.",
    "notification_id": "The id of a message in your inbox.",
    "number": "The number of a photo of the listing, from 1.",
    "offer_id": "The id of an offer.",
    "other_id": "The id of a listing of the other kind, by another enterprise.",
    "paper_id": "The id of a paper of a transporter, as GET /transporter-papers returns it.",
    "permit_id": "The id of the entry, as the list returns it.",
    "person_id": "The id of a person, as GET /members returns it.",
    "plan_id": "The id of a management plan, as GET /plans returns it.",
    "registration_id": "The id of a registration, as GET /receiver-registrations returns it.",
    "repair_id": "The id of a request for repair, as GET /credit/repairs returns it.",
    "request_id": "The id of a request for contact, as GET /receiver-requests returns it.",
    "reset_id": "The id of a reset, as GET /access-resets returns it.",
    "scheme": "The scheme of the code: cn-hw, cn-sw, eu-low or a local scheme.",
    "search_id": "The id of a saved search of yours.",
    "subject_id": "The id of an item of the desk, as GET /desk returns it.",
    "test_id": "The id of a monthly test, as the channel shows it.",
    "token": "What the link in the e-mail, or the address in the QR code, ends with.",
    "version": "The version, a whole number from 1.",
}


def describe_path_parameters(document: dict[str, Any]) -> None:
    """Describe every parameter in a path; one without a description here stays as it is, and a test fails."""
    for operations in document["paths"].values():
        for parameter in operations.get("parameters", ()):
            if parameter.get("in") == "path" and parameter["name"] in PATH_PARAMETERS:
                parameter.setdefault("description", PATH_PARAMETERS[parameter["name"]])
