/** Paragraphs that the help texts of several commands share. */

/** Below the help of the commands that deploy and approve. */
export const CLUSTER_NOTE = `
Secrets never go on a command line: put them into the environment as
AWS_SECRET_ACCESS_KEY and PHALA_API_KEY, or let the wizard ask for them.`;

export const CLUSTER_DETAILS = `
To hide the values of further variables: TEE_CLUSTER_SECRETS=NAME,NAME2.

Exit codes: 0 done, 1 internal error, 2 wrong or missing inputs, 3 failed
prerequisite, 4 Phala refused or failed, 5 timed out, 6 conflict, 7 failed
verification, 130 interrupted, 143 terminated.`;
