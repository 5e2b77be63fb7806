"""The fixtures of this folder's checks, where test_guide.py runs them: with the catalog."""

from django.apps import apps

if apps.is_installed("catalog"):
    from tests.guide import fixtures

    buyer, supplier, registered = fixtures.buyer, fixtures.supplier, fixtures.registered
    importer = fixtures.importer
    one_partner, partner = fixtures.one_partner, fixtures.partner
    one_worker, worker = fixtures.one_worker, fixtures.worker
