"""The pages behind the log-in that need nothing in their address, each with its most SQL statements."""

PRIVATE_PAGES = {
    "/today": 8,
    "/settings": 4,
    "/settings/passkeys": 2,
    "/settings/people": 4,
    "/credit": 8,
    "/credit/requests": 8,
    "/inspections": 8,
    "/declarations": 8,
    "/post": 5,
    "/post?title=%E5%BA%9F%E9%85%B8": 3,
    "/post/sheet": 1,
    "/listings": 5,
    "/hall": 7,
    "/receivers?code=900-349-34": 5,
    "/register/next": 2,
    "/settings/enterprise": 4,
    "/settings/notices": 5,
    "/settings/keys": 2,
    "/settings/webhooks": 2,
    "/settings/papers": 8,
    "/settings/account": 3,
    "/settings/erase": 1,
    "/offers": 5,
    "/deals": 4,
    "/loads": 5,
    "/loads/find": 1,
}
"""Of a member of an enterprise."""

STAFF_PAGES = {
    "/desk": 8,
    "/enterprises": 8,
    "/policy": 8,
    "/policy/rules": 8,
    "/operations": 8,
    "/cockpit": 8,
    "/cockpit?by=rate&full=1": 8,
    "/desk/resets": 3,
    "/desk/changes": 8,
    "/desk/claims": 8,
    "/desk/evaluations": 8,
    "/policy/imports": 8,
    "/policy/working-days": 8,
    "/settings/staff": 8,
}
"""Of an admin."""
