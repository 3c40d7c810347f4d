/**
 * Rules: the rulebook's ids with their sentences. Generated from docs/rulebook.md by `npm run codegen`: not edited
 * by hand, and nothing is decided here.
 */

/** An id of the rulebook: a typo does not compile. */
export type RuleId =
  | "ACC-1"
  | "ACC-2"
  | "ACC-3"
  | "ACC-4"
  | "ACC-5"
  | "QUA-1"
  | "QUA-2"
  | "QUA-3"
  | "QUA-4"
  | "QUA-5"
  | "QUA-6"
  | "NUM-1"
  | "NUM-2"
  | "NUM-3"
  | "NUM-4"
  | "NUM-5"
  | "NUM-6"
  | "NUM-7"
  | "NUM-8"
  | "PKG-1"
  | "PKG-2"
  | "PKG-3"
  | "PKG-4"
  | "PKG-5"
  | "PKG-6"
  | "PKG-7"
  | "PKG-8"
  | "PKG-9"
  | "PKG-10"
  | "PKG-11"
  | "BAL-1"
  | "BAL-2"
  | "BAL-3"
  | "BAL-4"
  | "BAL-5"
  | "BAL-6"
  | "BAL-7"
  | "BAL-8"
  | "BAL-9"
  | "TPL-1"
  | "TPL-2"
  | "TPL-3"
  | "TPL-4"
  | "TPL-5"
  | "TPL-6"
  | "TPL-7"
  | "TPL-8"
  | "TPL-9"
  | "TPL-10"
  | "VOF-1"
  | "VOF-2"
  | "VOF-3"
  | "VOF-4"
  | "VOF-5"
  | "VOF-6"
  | "VOF-7"
  | "SND-1"
  | "SND-2"
  | "SND-3"
  | "SND-4"
  | "SND-5"
  | "SND-6"
  | "SND-7"
  | "SND-8"
  | "SND-9"
  | "SND-10"
  | "SND-11"
  | "CBK-1"
  | "CBK-2"
  | "CBK-3"
  | "ALR-1"
  | "ALR-2"
  | "ALR-3"
  | "ALR-4"
  | "ALR-5"
  | "STA-1"
  | "STA-2"
  | "STA-3"
  | "STA-4"
  | "STA-5"
  | "STA-6"
  | "STA-7"
  | "STA-8"
  | "CON-1"
  | "CON-2"
  | "CON-3"
  | "CON-4"
  | "CON-5"
  | "CON-6"
  | "CON-7"
  | "CON-8"
  | "CON-9"
  | "CON-10"
  | "ONB-1"
  | "ONB-2"

/** Every rule, in the order of the rulebook. */
export const rules: ReadonlyArray<{ readonly id: RuleId; readonly sentence: string }> = [
  { id: "ACC-1", sentence: "An account is verified as personal or enterprise (实名认证). Personal accounts may use domestic text SMS packages only; voice SMS is for enterprise-verified accounts only, at every door: activation of voice, numbers, packages, sends." },
  { id: "ACC-2", sentence: "The service is activated once, by accepting the service agreement (开始接入). Nothing can be bought or sent before." },
  { id: "ACC-3", sentence: "An application has a name, a description, an id (SDKAppID) and a secret (AppKey). It can be disabled (停用) and enabled again (decided). A disabled application sends nothing; calls already dialling finish (decided)." },
  { id: "ACC-4", sentence: "The application list shows, per application, this month's billed voice minutes (and this month's domestic and international text counts, which are 0 here) and the disable action." },
  { id: "ACC-5", sentence: "Secrets can be rotated; the old one works until the end of an overlap that the caller names, at most 24 h (decided). Secrets are never listed again after creation (decided)." },
  { id: "QUA-1", sentence: "Numbers can be bought only once the account's qualification is approved. States: none → pending → approved or rejected (with reason); rejected may be submitted again; pending may be withdrawn (decided)." },
  { id: "QUA-2", sentence: "A submission has: company name (企业名称), unified social credit code (统一社会信用代码), business licence address, legal representative's name, legal representative's ID number, certificate kind (三合一 three-in-one, …), certificate image, application note." },
  { id: "QUA-3", sentence: "The image is jpg or png (checked by content, not by name (decided)) and at most 5 MB (5 × 1024 × 1024 bytes (decided)). The note is at most 200 characters." },
  { id: "QUA-4", sentence: "The unified social credit code is valid by GB 32100-2015 (18 characters, its check character), the resident ID by GB 11643-1999 (18 characters, its check digit) (decided)." },
  { id: "QUA-5", sentence: "Reviews happen every day 09:00 to 21:00 and are expected within half a working day. A submission shows its expected answer time: six review hours of that window later, nights skipped (decided: half of the 12 h window)." },
  { id: "QUA-6", sentence: "A review decision names the submission version that it judged; a decision on an outdated version is refused (decided)." },
  { id: "NUM-1", sentence: "An enterprise holds at most five voice numbers at any time, however many requests race. Released numbers no longer count (decided)." },
  { id: "NUM-2", sentence: "A number costs 50.00 a month of 30 days, running from the day of purchase: it expires 30 × 24 h after the purchase (decided: to the instant)." },
  { id: "NUM-3", sentence: "Numbers are picked by region (号码归属地) from an inventory; one number has one holder at a time. Several can be bought in one order, all or none (decided)." },
  { id: "NUM-4", sentence: "Auto-renewal is chosen at purchase and can be switched later (decided). With it on, the rent is charged before the expiry and the term grows by 30 days from the old expiry, not from the charge." },
  { id: "NUM-5", sentence: "Without renewal the number is released at expiry and cannot be restored. The same digits return to the inventory after a quarantine (90 days by default (decided))." },
  { id: "NUM-6", sentence: "A renewal is tried from 24 h before the expiry, again on declined payment until the expiry, then NUM-5. The holder's alert contacts hear of each failed try at most once a day (decided). A term is charged once, whatever crashes or repeats." },
  { id: "NUM-7", sentence: "A number may also be renewed by hand while it is held (decided)." },
  { id: "NUM-8", sentence: "General vouchers (通用代金券) are never accepted, for numbers or packages." },
  { id: "PKG-1", sentence: "Fixed packages: 10,000 min 1,050 (0.105/min); 100,000 min 10,000 (0.1); 500,000 min 47,500 (0.095); 1,000,000 min 90,000 (0.09); 3,000,000 min 255,000 (0.085)." },
  { id: "PKG-2", sentence: "Custom packages: a whole number of minutes, at least 1,000; price = minutes × the unit price of the tier in which the whole quantity falls: [1,000, 10,000) 0.11; [10,000, 100,000) 0.105; [100,000, 500,000) 0.1; [500,000, 1,000,000) 0.095; [1,000,000, 3,000,000) 0.09; ≥ 3,000,000 0.085. Lower bounds belong to the tier, upper bounds do not. At most 1,000,000,000 minutes (decided)." },
  { id: "PKG-3", sentence: "Money is exact: never a binary floating-point number. The list price is exact to 0.001; what is paid is rounded half up to 0.01, once, on the order's total (decided)." },
  { id: "PKG-4", sentence: "Bigger can be cheaper (9,999 custom minutes cost more than the fixed 10,000). A quote names the chosen price and the cheapest way to get at least that many minutes (decided)." },
  { id: "PKG-5", sentence: "A package purchase needs: enterprise account, activated service, at least one voice number held, agreement to the service agreement (勾选《服务协议》), a quantity of at least one. Without: a typed refusal that names what is missing." },
  { id: "PKG-6", sentence: "A quantity of n makes n packages with ids of their own, in one order; at most 100 at once (decided)." },
  { id: "PKG-7", sentence: "A package takes effect five minutes after the purchase and is valid for two years from the purchase: to the same Shanghai wall-clock time on the same date two years later, 29 February to 28 February (decided)." },
  { id: "PKG-8", sentence: "The package list shows: package id, name, total minutes, remaining, valid until, status (not yet effective, active, used up, expired), and the balance over all of them." },
  { id: "PKG-9", sentence: "Packages are not refundable; an order paid is never reversed." },
  { id: "PKG-10", sentence: "Orders: created → paid → fulfilled, or cancelled, or expired unpaid after 30 min (decided). Payment and fulfilment happen once, whatever repeats." },
  { id: "PKG-11", sentence: "Invoices (发票) can be requested for paid orders; an order is invoiced once; the sum of invoices never exceeds what was paid (decided)." },
  { id: "BAL-1", sentence: "All applications of an account share one balance: the remaining minutes of its effective, unexpired packages, less what is on hold." },
  { id: "BAL-2", sentence: "Only answered calls cost minutes. Duration runs from answer to hang-up; each started minute counts whole; an answered call costs at least one." },
  { id: "BAL-3", sentence: "Minutes are taken from the package that expires first; ties by purchase time, then id (decided). One call may draw on several packages." },
  { id: "BAL-4", sentence: "Before dialling, the most minutes that the call can cost (its speech length × plays, plus a margin, bounded by the longest call allowed) are put on hold; the hold is settled with the true cost, or let go when the call is not answered (decided). A hold keeps its minutes even if their package expires meanwhile (decided)." },
  { id: "BAL-5", sentence: "Never oversold: no interleaving of holds, settlements, releases, purchases and expiries makes a package or the balance negative, and a call is settled at most once." },
  { id: "BAL-6", sentence: "Conservation: granted = remaining + on hold + spent + expired, for each package and for the account, after every step." },
  { id: "BAL-7", sentence: "Without a usable package (none bought, or all not yet effective, used up or expired) a send fails with error 1033, whatever cash the account has. With packages whose free minutes do not cover the hold it fails with 1031 (decided: the vendor's later code table)." },
  { id: "BAL-8", sentence: "If a call outlasts its hold, the rest is drawn from the balance as far as it reaches; what cannot be drawn is recorded as an overrun, never as a negative balance (decided)." },
  { id: "BAL-9", sentence: "The ledger is append-only; every entry names its cause (order, call, expiry) and the balance can be rebuilt from it (decided)." },
  { id: "TPL-1", sentence: "A template has a name, a content of at most 100 characters (Unicode code points of the content as written (decided)), an optional note, a kind (verification code, notification, activity/marketing), an id made by the system, a creation time." },
  { id: "TPL-2", sentence: "Variables are written `{n}`, or `<n>`, n a decimal number; one template uses one of the two spellings (decided). The numbers are contiguous from 1: if the largest is k, each of 1..k appears. They may repeat and come in any order (decided). `{0}`, `{01}`, `{a}`, unmatched braces are refused, with their position." },
  { id: "TPL-3", sentence: "A content of variables alone is refused (不支持全变量): something besides variables, white space and punctuation must remain (decided)." },
  { id: "TPL-4", sentence: "States: pending (待审核) → approved (已通过) or rejected (未通过, with reason). Only an approved template can be sent." },
  { id: "TPL-5", sentence: "Pending and rejected templates can be edited, which submits them again (→ pending). Approved ones cannot." },
  { id: "TPL-6", sentence: "Any template can be deleted; deletion is final; a deleted template sends nothing and its id is never used again." },
  { id: "TPL-7", sentence: "At most 1,000 approved templates per application, however many reviews race." },
  { id: "TPL-8", sentence: "A review decision names the version it judged; an outdated one is refused (decided)." },
  { id: "TPL-9", sentence: "Rendering takes exactly k parameters, each at most 15 characters unless the application's limit says otherwise (decided, 1036). Values are text: braces in a value are spoken, never expanded; control characters are refused; the rendered text is at most 500 characters (decided). A variable may declare a kind (code, number, amount, date, time, phone, plate, text); a value that is not of its kind is refused (decided)." },
  { id: "TPL-10", sentence: "The list shows id, kind, creation time, name, content, state; a rejected row leads to its reason." },
  { id: "VOF-1", sentence: "An application uploads sound that is played instead of a text: WAV or MP3 by its content, whatever it is called, of at most 400 KB, with something to hear in it, and no longer than fits once into the longest call (decided: size and formats are the vendor's). Anything else gets a typed refusal." },
  { id: "VOF-2", sentence: "The same content is the same file: its id is the SHA-1 of its bytes in hexadecimal with `.wav` or `.mp3`, within one application. Uploaded again while it waits or is approved, nothing changes; after a rejection or its deletion it is submitted anew, as the next version (decided)." },
  { id: "VOF-3", sentence: "A file is reviewed as a template is: waiting → approved or rejected, with reason. A decision names the version that it judged; an outdated one is refused. The application and the reviewer can listen to it (decided)." },
  { id: "VOF-4", sentence: "Only an approved file of that application can be sent. A file is a notification: SND-3 holds, with the file in the place of the template, and so do the limits, records, statistics, receipts and callbacks of notifications. The minutes on hold follow from its true length × plays (decided)." },
  { id: "VOF-5", sentence: "Deletion is final: a deleted file is not played any more, not even for sends that were accepted before (decided)." },
  { id: "VOF-6", sentence: "The sound is kept beside the rows, never in events, logs or errors. It is erased when its file is deleted, 30 days after its rejection, and when nothing came of its upload (decided)." },
  { id: "VOF-7", sentence: "At most 200 files of an application that were not deleted, however many uploads race (decided)." },
  { id: "SND-1", sentence: "Kinds: verification code (语音验证码), notification (语音通知), activity (语音活动通知). A verification code is digits, or digits and letters, 2 to 12 of them (decided); it is spoken with the lead-in of an approved verification template (decided: the application's default one), which has a variable for it (decided)." },
  { id: "SND-2", sentence: "Only numbers of mainland China: +86 mobile numbers (11 digits, 13x to 19x). Anything else gets a typed error, before any cost." },
  { id: "SND-3", sentence: "To send: enterprise account, enabled application, approved template of that application, a number held to display, minutes for the hold. Checked in that order; the first failure is the answer (decided)." },
  { id: "SND-4", sentence: "The number displayed is one the enterprise holds; chosen by the caller, else by the system (decided: least recently used)." },
  { id: "SND-5", sentence: "The text is turned into speech and played to whoever answers, a chosen number of times (1 to 3, default 2 (decided))." },
  { id: "SND-6", sentence: "Each accepted send has an id at once, passes through accepted → dialling → ringing → answered → completed, or failed with a reason (no answer, busy, rejected, powered off, not in service, invalid number, channel failure, blocked, …), and each step is kept with its time." },
  { id: "SND-7", sentence: "A send repeated with the same idempotency key within 24 h returns the first answer and calls nobody twice; the same key with another body is refused (decided)." },
  { id: "SND-8", sentence: "Frequency limits per called number and application, adjustable (自定义频率限制). Defaults (decided, from the vendor's published ones): codes 1 per 30 s, 2 per 10 min, 3 per natural day; notifications 1 per 30 s, 3 per 10 min, 5 per natural day. Counted atomically with acceptance, on the canonical number; refused (1013) before any cost." },
  { id: "SND-9", sentence: "Smart scheduling (智能调度): several channels (routes), chosen by kind of send, the callee's operator and region, health and load; when a channel fails, the next one takes over, within the same send; a busy or unwilling callee is not a channel failure. Channel health recovers by probing (decided)." },
  { id: "SND-10", sentence: "Nothing accepted is lost: after a crash, each accepted send is dialled, or ends in a final state with a reason. A call whose fate is unknown is not dialled twice: it is reconciled with the channel, then ended (decided)." },
  { id: "SND-11", sentence: "Sends can carry a session context (ext) that comes back, byte for byte, in the answer and the callbacks." },
  { id: "CBK-1", sentence: "Each application may register callback URLs; every final state is delivered to them at least once, in a form that carries call id, called number, result, times, minutes billed, key pressed if any, and ext." },
  { id: "CBK-2", sentence: "Delivery is retried with growing pauses for 24 h until a 2xx answer; each try is kept and can be seen and replayed (decided). Callbacks are signed (Standard Webhooks: id, timestamp, HMAC-SHA256) and secrets can be rotated (decided)." },
  { id: "CBK-3", sentence: "Callback URLs, and webhooks of alert contacts, into loopback, link-local and private networks are refused unless the deployment allows them: when they are given, and again when they are used (decided)." },
  { id: "ALR-1", sentence: "Low balance: when the available balance falls below the account's threshold (default 5,000 minutes, adjustable, 0 turns it off (decided)), the alert contacts hear of it, once; it is armed again by a purchase, or when the balance is at or above the threshold again (decided)." },
  { id: "ALR-2", sentence: "Daily volume: when the number of sends in a natural day exceeds the application's preset number, the alert contacts hear of it, once that day: at the (preset + 1)th send." },
  { id: "ALR-3", sentence: "A hard daily cap can be set as well; beyond it sends are refused (decided)." },
  { id: "ALR-4", sentence: "Alert contacts (at most five per application (decided)) have a name and at least one address (mobile, e-mail, webhook (decided))." },
  { id: "ALR-5", sentence: "An alert fires exactly once per crossing under any concurrency, and is not lost in a crash." },
  { id: "STA-1", sentence: "Ranges: today, yesterday, last 7 days, last 30 days, or any two dates. Last n days are the n natural days that end with today (decided)." },
  { id: "STA-2", sentence: "Overview (数据总览): sends, successes, success rate, failures, minutes, by day (by hour for a single day (decided)). A send counts on the natural day in which it was accepted (decided); success = answered." },
  { id: "STA-3", sentence: "Records of one number (语音记录): number, spoken content, start time, answer time, end time, result, remark; filtered by state and range; exported." },
  { id: "STA-4", sentence: "By template (模板查询): statistics time, sends, failures, successes, minutes, success rate; exported." },
  { id: "STA-5", sentence: "Failure analysis (失败分析): error code, reason, count, share; by range. Shares add up to 100 %." },
  { id: "STA-6", sentence: "Receipts (回执): every final state's detail can be listed by range." },
  { id: "STA-7", sentence: "Figures equal a recount of the records, at any moment at which nothing is in flight." },
  { id: "STA-8", sentence: "Exports are CSV in UTF-8 with a byte-order mark, streamed, with cells that a spreadsheet cannot take for a formula (decided)." },
  { id: "CON-1", sentence: "Activate the service; see the verification kinds and what each may use." },
  { id: "CON-2", sentence: "Applications: list with this month's use, add, open, disable." },
  { id: "CON-3", sentence: "Qualification: form with upload, expected answer time, state." },
  { id: "CON-4", sentence: "Numbers: pick region and numbers, auto-renewal, confirm, pay; list with expiry." },
  { id: "CON-5", sentence: "Packages: fixed or custom, quantity, total, agreement, confirm, pay; list and balance, threshold." },
  { id: "CON-6", sentence: "Templates: create, state, reason of rejection, edit, delete with a confirmation dialogue, listen to it (decided)." },
  { id: "CON-7", sentence: "Send a test, see each step of it and hear it." },
  { id: "CON-8", sentence: "Statistics: overview with plots, records, by template, failures; ranges; export." },
  { id: "CON-9", sentence: "Alert contacts, daily volume, frequency limits, callbacks and their tries." },
  { id: "CON-10", sentence: "A reviewer's desk for qualifications and templates (decided)." },
  { id: "ONB-1", sentence: "The quick start of the original (application 「测试语音短信」, number, template 「您的验证码是：{1}」 approved, 10,000-minute package, send, see the result) runs by one command on a fresh machine, and a newcomer does the same by hand in ten minutes." },
  { id: "ONB-2", sentence: "Access by console, by HTTP API and by SDK." }
]
