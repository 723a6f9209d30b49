"""The operations of the API, by `operation_id`; the words are those of `cells`."""

from __future__ import annotations

OPERATIONS = """
# operation              anonymous outsider limited member owner elsewhere

# Products
list_products            200
list_products?mine=true  401       own      403     200    200
create_product           401       own      403     201    201
list_brands              200
list_categories          200
find_product_by_sku      200
find_product             404       404      404     200    200
replace_product          401       404      403     200    200
change_product           401       404      403     200    200
delete_product           401       404      403     403    204

# Oneself
sign_up                  422
log_in                   422
get_own_account          401       own      200     200    200
change_own_profile       401       428      428     428    428
list_own_sessions        401       200      200     200    200
end_own_session          401       404      404     404    204
get_own_second_factor    401       own      200     200    200
begin_second_factor      401       own      200     200    200
enable_second_factor     401       422      422     422    422
renew_recovery_codes     401       409      409     409    409
disable_second_factor    401       409      409     409    409
refresh_tokens           422
log_out                  422
confirm_sign_up          422
request_password_reset   422
reset_password           422
accept_invitation        422
request_email_change     401       422      422     422    422
confirm_email_change     401       422      422     422    422
change_password          401       422      422     422    422
export_own_data          401       own      200     200    200
erase_own_account        401       422      422     422    422
list_own_tokens          401       own      200     200    200
make_token               401       own      403     201    201
revoke_own_token         401       404      404     404    204

# The organisation
get_own_organisation     401       own      403     200    200
change_own_organisation  401       412      403     403    200
get_second_factor_requirement     401 own   403     200    200    200
change_second_factor_requirement  401 own   403     403    200    403
delete_own_organisation  401       428      403     403    428

# People
list_people              401       own      403     200    200    200
get_person               401       404      403     200    200    200
change_person_access     401       404      403     403    200    403
delete_person            401       404      403     403    204    403
restore_person           401       404      403     403    200    403
destroy_person           401       404      403     403    422    403
list_invitations         401       own      403     403    200    200
invite_person            401       own      403     403    201    422
resend_invitation        401       404      403     403    200    403
withdraw_invitation      401       404      403     403    204    403

# Roles
list_permissions         401       own      403     200    200    200
list_roles               401       own      403     200    200    200
add_role                 401       own      403     403    201    403
find_role                401       404      403     200    200    200
change_role              401       404      403     403    200    403
delete_role              401       404      403     403    204    403
restore_role             401       404      403     403    200    403

# Stores
list_stores              401       own      403     200    200    200
create_store             401       own      403     403    201    403
find_store               401       404      403     200    200    404
change_store             401       404      403     403    200    404
delete_store             401       404      403     403    204    404
restore_store            401       404      403     403    200    404

# Tokens
list_tokens              401       own      403     403    200
revoke_token             401       404      403     403    204

# Articles
list_articles            401       own      403     200    200    200
create_article           401       own      403     403    201    403
find_article             401       404      403     200    200    200
change_article           401       404      403     403    200    403
delete_article           401       404      403     403    204    403
restore_article          401       404      403     404    200    403
destroy_article          401       404      403     404    412    403

# Requests
ask_supervisors          401       404      403     201    201    404
list_pending_requests    401       404      403     200    200    404
list_closed_requests     401       404      403     200    200    404
list_pending_requests_everywhere  401 own   403     200    200    200
list_own_requests        401       own      403     200    200    200
get_request_board        401       own      403     200    200    200
find_request             401       404      403     200    200    404
list_request_events      401       404      403     200    200    404
claim_request            401       404      403     403    200    404
release_request          401       404      403     403    200    404
assign_request           401       404      403     403    200    404
cancel_request           401       404      403     403    200    404
answer_request           401       404      403     403    200    404
correct_answer           401       404      403     403    412    404
prioritise_request       401       404      403     403    200    404
reopen_request           401       404      403     403    409    404
note_on_request          401       404      403     403    200    404
add_to_request           401       404      403     403    200    404
list_deliveries          401       404      403     200    200    404
forget_caller            401       404      403     403    200    404
forget_number            401       own      403     403    200    403
get_callback_secret      401       own      403     403    200    403
replace_callback_secret  401       own      403     403    200    403
get_retention            401       own      403     403    200    403
change_retention         401       412      403     403    412    403
get_notices              401       own      403     403    200    200
change_notices           401       412      403     403    412    412
get_response_times       401       404      403     200    200    404
change_response_times    401       404      403     403    200    404
list_canned_answers      401       own      403     403    200    200
add_canned_answer        401       own      403     403    201    403
find_canned_answer       401       404      403     403    200    200
change_canned_answer     401       404      403     403    200    403
delete_canned_answer     401       404      403     403    204    403
"""
