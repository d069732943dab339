-- Keys are looked up in their order: each finds its page where the last one was. ADR 0118.
alter function tenancy.check_references(regclass, text, text[]) set enable_hashagg = off;
