//! Every route of the product, with who may call it, on one screen.

use super::route::{Routes, get, patch, post};
use super::{
    balances, branches, commands, directory, internal, payees, payments, settlements, system, transactions,
};
use crate::access::Access;

/// Declares all routes. Where two patterns fit one path, the first wins.
pub fn configure(routes: &mut Routes<'_>) {
    use Access::{AnyKey, Merchant, MerchantOrOperator, Operator, Peer, Public};

    routes.at("/v1/payments/key-in", [post(Merchant, payments::key_in_payment::handle)]);
    routes.at("/v1/payments/orders/{orderId}", [get(Merchant, payments::get_order::handle)]);
    routes.at("/v1/payments/{paymentId}", [get(Merchant, payments::get_payment::handle)]);
    routes.at("/v1/payments/{paymentId}/cancel", [post(Merchant, payments::cancel_payment::handle)]);
    routes.at("/v1/payments/{paymentId}/metadata", [patch(Merchant, payments::change_metadata::handle)]);
    routes.at("/v1/payments/{paymentId}/resolve", [post(Operator, payments::resolve_payment::handle)]);
    routes.at("/v1/commands", [get(MerchantOrOperator, commands::find_command::handle)]);
    routes.at("/v1/commands/{commandId}", [get(MerchantOrOperator, commands::get_command::handle)]);

    routes.at("/v1/agencies", [post(Operator, directory::create_agency::handle)]);
    routes.at("/v1/agencies/{agencyId}", [get(AnyKey, directory::get_agency::handle)]);
    // Before `/v1/branches/{branchId}`, which fits `sales` too.
    branches::configure(routes);
    transactions::configure(routes);
    settlements::configure(routes);
    payees::configure(routes);

    routes.at("/v1/branches", [post(Operator, directory::create_branch::handle)]);
    routes.at("/v1/branches/{branchId}", [get(AnyKey, directory::get_branch::handle)]);
    routes.at("/v1/merchants", [post(Operator, directory::create_merchant::handle)]);
    routes.at("/v1/merchants/{merchantId}", [get(AnyKey, directory::get_merchant::handle)]);
    routes.at("/v1/merchants/{merchantId}/contracts", [post(Operator, directory::create_contract::handle)]);
    routes.at("/v1/merchants/{merchantId}/card-keys", [post(Operator, directory::create_card_key::handle)]);
    routes.at("/v1/keys", [post(Operator, directory::create_key::handle)]);
    routes.at("/v1/keys/{keyId}/revoke", [post(Operator, directory::revoke_key::handle)]);

    routes.at("/v1/ledger/balances", [get(Operator, balances::list_balances::handle)]);
    routes.at("/v1/projections", [get(Operator, system::list_projections::handle)]);
    routes.at("/v1/errors", [get(Public, system::get_errors::handle)]);
    routes.at("/health/live", [get(Public, system::get_live::handle)]);
    routes.at("/health/ready", [get(Public, system::get_ready::handle)]);
    routes.at("/metrics", [get(Public, system::get_metrics::handle)]);
    routes.at("/openapi.json", [get(Public, system::get_openapi::handle)]);

    routes.at(internal::SNAPSHOT, [get(Peer, internal::get_snapshot::handle)]);
    routes.at(internal::COMMISSIONS, [post(Peer, internal::post_commission::handle)]);
}
