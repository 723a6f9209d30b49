"""Pages and the actions on them; the words are those of `cells`."""

from __future__ import annotations

PAGES = """
# route                         method anonymous outsider limited member owner elsewhere

# The catalogue
catalog:home                    GET    200
catalog:category                GET    200
catalog:brands                  GET    200
catalog:brand                   GET    200
catalog:search                  GET    200
catalog:product-short           GET    moved
catalog:product-detail          GET    200
catalog:picture                 GET    200
catalog:robots                  GET    200
catalog:sitemap-index           GET    200
catalog:sitemap                 GET    200

# Products
catalog:staff-products          GET    login     own      403     200    200
catalog:product-create          GET    login     own      403     200    200
catalog:product-create          POST   login     own      403     moved  moved
catalog:product-edit            GET    login     404      403     200    200
catalog:product-edit            POST   login     404      403     moved  moved
catalog:product-status          POST   login     404      403     moved  moved
catalog:products-status         POST   login     own      403     moved  moved
catalog:product-duplicate       POST   login     404      403     moved  moved
catalog:product-delete          GET    login     404      403     403    200
catalog:product-delete          POST   login     404      403     403    moved
catalog:product-history         GET    login     404      403     200    200
catalog:export-csv              GET    login     own      403     200    200
catalog:export-ndjson           GET    login     own      403     200    200
catalog:import-upload           GET    login     own      403     200    200
catalog:import-upload           POST   login     own      403     moved  moved
catalog:import-template         GET    login     200      200     200    200
catalog:import-job              GET    login     404      403     200    200
catalog:import-mapping          POST   login     404      403     moved  moved
catalog:import-confirm          POST   login     404      403     moved  moved
catalog:import-step             POST   login     404      403     moved  moved
catalog:import-errors           GET    login     404      403     200    200

# One's own account
accounts:login                  GET    200       moved    moved   moved  moved
accounts:login                  POST   422
accounts:signup                 GET    200       moved    moved   moved  moved
accounts:signup                 POST   422       moved    moved   moved  moved
accounts:logout                 POST   moved
accounts:reset                  GET    200
accounts:reset                  POST   422
accounts:signup-sent            GET    200
accounts:signup-confirm         GET    200
accounts:signup-confirm         POST   422
accounts:forgot                 GET    200
accounts:forgot                 POST   422
accounts:forgot-sent            GET    200
accounts:invitation             GET    200
accounts:invitation             POST   422
accounts:restore-organisation   GET    200
accounts:restore-organisation   POST   out
accounts:login-code             GET    login     moved    moved   moved  moved
accounts:login-code             POST   login     moved    moved   moved  moved
accounts:account                GET    login     200      200     200    200
accounts:password               GET    login     200      200     200    200
accounts:password               POST   login     422      422     422    422
accounts:profile                GET    login     200      200     200    200
accounts:profile                POST   login     422      422     422    422
accounts:sessions               GET    login     200      200     200    200
accounts:end-session            POST   login     404      404     404    moved
accounts:end-other-sessions     POST   login     moved    moved   moved  moved
accounts:confirm                GET    login     200      200     200    200
accounts:confirm                POST   login     422      422     422    422
accounts:security               GET    login     own      200     200    200
accounts:second-factor          GET    login     own      200     200    200
accounts:second-factor          POST   login     moved    moved   moved  moved
accounts:second-factor-begin    POST   login     moved    moved   moved  moved
accounts:second-factor-off      POST   login     moved    moved   moved  moved
accounts:recovery-codes         GET    login     moved    moved   moved  moved
accounts:recovery-codes         POST   login     moved    moved   moved  moved
accounts:email                  GET    login     200      200     200    200
accounts:email                  POST   login     422      422     422    422
accounts:email-confirm          GET    login     404      404     404    200
accounts:email-confirm          POST   login     404      404     404    moved
accounts:data                   GET    login     own      200     200    200
accounts:data-file              POST   login     own      200     200    200
accounts:erase                  POST   login     422      422     422    422
accounts:tokens                 GET    login     own      200     200    200
accounts:token-new              GET    login     own      403     200    200
accounts:token-new              POST   login     422      403     422    422
accounts:revoke-token           POST   login     404      404     404    moved
accounts:revoke-tokens          GET    login     moved    moved   moved  moved
accounts:revoke-tokens          POST   login     moved    moved   moved  moved

# The organisation
organisation:settings           GET    login     own      403     200    200
organisation:settings           POST   login     422      403     403    422
organisation:second-factor      GET    login     own      403     403    200    403
organisation:second-factor      POST   login     own      403     403    moved  403
organisation:delete             GET    login     own      403     403    200
organisation:delete             POST   login     422      403     403    422
organisation:transfer           GET    login     own      403     403    200    403
organisation:transfer           POST   login     404      403     403    422    403

# People
organisation:people             GET    login     own      403     200    200    200
organisation:people             POST   login     422      403     moved  moved  moved
organisation:person             GET    login     404      403     200    200    200
organisation:person-access      GET    login     404      403     403    200    403
organisation:person-access      POST   login     404      403     403    moved  403
organisation:person-deactivate  POST   login     404      403     403    moved  403
organisation:person-reactivate  POST   login     404      403     403    moved  403
organisation:person-delete      GET    login     404      403     403    200    403
organisation:person-delete      POST   login     404      403     403    moved  403
organisation:person-second-factor GET  login     404      403     403    200    403
organisation:person-second-factor POST login     404      403     403    moved  403
organisation:person-restore     POST   login     404      403     403    moved  403
organisation:person-destroy     GET    login     404      403     403    200    403
organisation:person-destroy     POST   login     404      403     403    422    403
organisation:deleted-people     GET    login     own      403     403    200    200
organisation:invite             GET    login     own      403     403    200    200
organisation:invite             POST   login     own      403     403    moved  422
organisation:invitations        GET    login     own      403     403    200    200
organisation:invitation-resend  POST   login     404      403     403    moved  403
organisation:invitation-withdraw POST  login     404      403     403    moved  403

# Roles
organisation:roles              GET    login     own      403     200    200    200
organisation:role-add           GET    login     own      403     403    200    403
organisation:role-add           POST   login     own      403     403    moved  403
organisation:role-change        GET    login     404      403     403    200    403
organisation:role-change        POST   login     404      403     403    moved  403
organisation:role-delete        GET    login     404      403     403    200    403
organisation:role-delete        POST   login     404      403     403    moved  403
organisation:role-restore       POST   login     404      403     403    moved  403

# Stores
organisation:stores             GET    login     own      403     200    200    200
organisation:store-new          GET    login     own      403     403    200    403
organisation:store-new          POST   login     own      403     403    moved  403
organisation:store              GET    login     404      403     200    200    404
organisation:store              POST   login     404      403     403    moved  404
organisation:store-delete       GET    login     404      403     403    200    404
organisation:store-delete       POST   login     404      403     403    moved  404
organisation:store-restore      POST   login     404      403     403    moved  404
organisation:store-destroy      GET    login     404      403     403    200    404
organisation:store-destroy      POST   login     404      403     403    moved  404

# Tokens
organisation:tokens             GET    login     own      403     403    200
organisation:revoke-token       POST   login     404      403     403    moved

# Articles
supervisor:articles             GET    login     own      403     200    200    200
supervisor:article-new          GET    login     own      403     403    200    200
supervisor:article-new          POST   login     own      403     403    moved  422
supervisor:article              GET    login     404      403     200    200    200
supervisor:article              POST   login     404      403     403    moved  403
supervisor:article-delete       POST   login     404      403     403    moved  403
supervisor:article-restore      POST   login     404      403     404    moved  403
supervisor:article-destroy      GET    login     404      403     404    200    403
supervisor:article-destroy      POST   login     404      403     404    moved  403

# Requests
supervisor:queue                GET    login     own      403     200    200    200
supervisor:ask                  GET    login     own      403     200    200    200
supervisor:ask                  POST   login     422      403     moved  moved  422
supervisor:next                 GET    login     own      403     403    moved  moved
supervisor:mine                 GET    login     own      403     200    200    200
supervisor:history              GET    login     own      403     200    200    200
supervisor:board                GET    login     own      403     200    200    200
supervisor:callbacks            GET    login     own      403     403    200    403
supervisor:callbacks            POST   login     own      403     403    moved  403
supervisor:callers              GET    login     own      403     403    200    403
supervisor:callers              POST   login     422      403     403    422    403
supervisor:forget-number        GET    login     own      403     403    200    403
supervisor:forget-number        POST   login     422      403     403    422    403
supervisor:notices              GET    login     own      403     403    200    200
supervisor:notices              POST   login     422      403     403    422    422
supervisor:duty                 POST   login     own      403     403    moved  moved
supervisor:settings             GET    login     404      403     403    200    404
supervisor:settings             POST   login     404      403     403    moved  404
supervisor:answers              GET    login     own      403     403    200    200
supervisor:answer-add           GET    login     own      403     403    200    403
supervisor:answer-add           POST   login     own      403     403    moved  403
supervisor:answer-change        GET    login     404      403     403    200    200
supervisor:answer-change        POST   login     404      403     403    moved  403
supervisor:answer-delete        GET    login     404      403     403    200    403
supervisor:answer-delete        POST   login     404      403     403    moved  403
supervisor:request              GET    login     404      403     200    200    404
supervisor:answer               POST   login     404      403     403    moved  404
supervisor:note                 POST   login     404      403     403    moved  404
supervisor:add                  POST   login     404      403     403    moved  404
supervisor:priority             POST   login     404      403     403    moved  404
supervisor:assign               GET    login     404      403     403    200    404
supervisor:assign               POST   login     404      403     403    moved  404
supervisor:step                 POST   login     404      403     403    moved  404
supervisor:step?release         POST   login     404      403     403    moved  404
supervisor:step?cancel          POST   login     404      403     403    moved  404
supervisor:step?reopen          POST   login     404      403     403    409    404
supervisor:step?forget_caller   POST   login     404      403     403    moved  404

# The site
staff                           GET    login     moved    moved   moved  moved
favicon                         GET    moved
favicon                         POST   moved
set_language                    POST   moved
set_theme                       POST   moved
api:openapi-view                GET    200
api:openapi-json                GET    200
api:api-root                    GET    404
"""
