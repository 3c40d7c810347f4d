/** Rules: where images of certificates lie. Released: never to be edited; what changes is a migration of its own. */

export const sql = `
create table vsms.certificates (
  certificate_id text collate "C" primary key,
  image bytea not null
);
-- Pictures are compressed already.
alter table vsms.certificates alter column image set storage external;
comment on table vsms.certificates is 'Images of certificates, until their retention ends; qualifications say whose.';
`
