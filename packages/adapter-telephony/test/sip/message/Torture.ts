/**
 * Messages after the cases of RFC 4475, written anew. A line is an element of `head`; `body` follows the empty line.
 * `fails` names the field that is at fault, in the frame of the message or in its envelope.
 */
export interface Torture {
  readonly name: string
  readonly section: string
  readonly bytes: Uint8Array
  readonly fails?: string
}

const bytesOf = (head: ReadonlyArray<string>, body: string): Uint8Array =>
  Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1")

/** Headers that are all in order, for messages in which something else is odd. */
const plain = (method: string, but: Readonly<Record<string, ReadonlyArray<string>>> = {}): ReadonlyArray<string> => {
  const usual: Readonly<Record<string, string>> = {
    Via: "SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423",
    "Max-Forwards": "70",
    From: "sip:caller@example.org;tag=242etr",
    To: "sip:callee@example.com",
    "Call-ID": "torture.8923jfs@192.0.2.1",
    CSeq: `8 ${method}`,
    "Content-Length": "0"
  }
  return Object.entries(usual)
    .filter(([name]) => but[name] === undefined)
    .map(([name, value]) => `${name}: ${value}`)
    .concat(Object.values(but).flat())
}

const valid = (name: string, section: string, head: ReadonlyArray<string>, body = ""): Torture => ({
  name,
  section,
  bytes: bytesOf(head, body)
})

const invalid = (name: string, section: string, fails: string, head: ReadonlyArray<string>, body = ""): Torture => ({
  name,
  section,
  fails,
  bytes: bytesOf(head, body)
})

const utf8 = (text: string): string => Buffer.from(text, "utf8").toString("latin1")

export const shortTortuousInvite = valid(
  "a short tortuous INVITE",
  "3.1.1.1",
  [
    "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0",
    "TO :",
    ` sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n`,
    `from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>`,
    "  ;",
    "  tag = 98asjd8",
    "MaX-fOrWaRdS: 0068",
    "Call-ID: wsinv.ndaksdj@192.0.2.1",
    "Content-Length   : 5",
    "cseq: 0009",
    "  INVITE",
    "Via  : SIP  /   2.0",
    " /UDP",
    "    192.0.2.2;branch=390skdjuw",
    "s :",
    "NewFangledHeader:   newfangled value",
    " continued newfangled value",
    "UnknownHeaderWithUnusualValue: ;;,,;;,;",
    "Content-Type: application/sdp",
    "Route:",
    " <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
    "v:  SIP  / 2.0  / TCP     spindle.example.com   ;",
    "  branch  =   z9hG4bK9ikj8  ,",
    " SIP  /    2.0   / UDP  192.168.255.111   ; branch=",
    " z9hG4bK30239",
    `m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =`,
    "      newvalue ;",
    "  secondparam ; q = 0.33"
  ],
  "v=0\r\n"
)

export const unusualUser =
  "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com"

export const tortures: ReadonlyArray<Torture> = [
  shortTortuousInvite,
  valid("wide range of valid characters", "3.1.1.2", [
    `!interesting-Method0123456789_*+\`.%indeed'~ ${unusualUser} SIP/2.0`,
    ...plain("!interesting-Method0123456789_*+`.%indeed'~", {
      To: [
        `To: "BEL:\\\x01 NUL:\\\x02 DEL:\\~" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>`
          .replace("\x01", "a")
          .replace("\x02", "b")
      ],
      "Max-Forwards": ["Max-Forwards: 255"],
      "Call-ID": [`Call-ID: intmeth.word%ZK-!.*_+'@word\`~)(><:\\/"][?}{`],
      From: [
        `From: token1~\` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="${utf8("работающий")}";tag=_token~1'+\`*%!-.`
      ],
      Extra: [`extensionHeader-!.%*+_\`'~: ${utf8("大停電")}`]
    })
  ]),
  valid("valid use of the % escape", "3.1.1.3", [
    "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0",
    ...plain("INVITE", {
      To: ["To: sip:%75se%72@example.com"],
      From: [`From: <sip:I%20have%20spaces@example.net>;tag=938`],
      Contact: [`Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>`]
    })
  ]),
  valid("escaped nulls in URIs", "3.1.1.4", [
    "REGISTER sip:example.com SIP/2.0",
    ...plain("REGISTER", {
      To: ["To: sip:null-%00-null@example.com"],
      From: ["From: sip:null-%00-null@example.com;tag=839923423"],
      Contact: ["Contact: <sip:%00@host5.example.com>", "Contact: <sip:%00%00@host5.example.com>"]
    })
  ]),
  valid("% where it is no escape", "3.1.1.5", [
    "RE%47IST%45R sip:registrar.example.com SIP/2.0",
    ...plain("RE%47IST%45R")
  ]),
  valid("no white space between name and <", "3.1.1.6", [
    "OPTIONS sip:user@example.com SIP/2.0",
    ...plain("OPTIONS", { From: ["From: caller<sip:caller@example.com>;tag=323"] })
  ]),
  valid("long values", "3.1.1.7", [
    "INVITE sip:user@example.com SIP/2.0",
    ...plain("INVITE", {
      To: [
        `To: "I have a user name of ${"extreme ".repeat(60)}proportion" <sip:user@example.com:6000;unknownparam1=${"very".repeat(60)}long;shortparam=1>`
      ],
      Via: Array.from(
        { length: 40 },
        (_, i) => `Via: SIP/2.0/TCP sip${i}.example.com;branch=z9hG4bK${i}${"x".repeat(100)}`
      ),
      "Call-ID": [`Call-ID: longreq.one${"really".repeat(200)}longcallid`]
    })
  ]),
  valid(
    "another request after the body",
    "3.1.1.8",
    ["REGISTER sip:example.com SIP/2.0", ...plain("REGISTER")],
    "INVITE sip:joe@example.com SIP/2.0\r\n\r\n"
  ),
  valid("semicolons in the user part", "3.1.1.9", [
    "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0",
    ...plain("OPTIONS", { To: ["To: sip:j_user@example.com"] })
  ]),
  valid("various transports", "3.1.1.10", [
    "OPTIONS sip:user@example.com SIP/2.0",
    ...plain("OPTIONS", {
      Via: [
        "Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw",
        "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf",
        "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj",
        "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en",
        "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee"
      ]
    })
  ]),
  valid(
    "a body of several parts",
    "3.1.1.11",
    [
      "MESSAGE sip:kumiko@example.org SIP/2.0",
      ...plain("MESSAGE", { "Content-Length": [], Type: ["Content-Type: multipart/mixed;boundary=7a9cbec02ceef655"] })
    ],
    "--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n\0\x01\xff\r\n--7a9cbec02ceef655--\r\n"
  ),
  valid("an unusual reason", "3.1.1.12", [
    `SIP/2.0 200 = 2**3 * 5**2 ${utf8("но сто девяносто девять - простое")}`,
    ...plain("INVITE")
  ]),
  valid("no reason", "3.1.1.13", ["SIP/2.0 100 ", ...plain("INVITE")]),
  valid("no reason, and no space before it", "3.1.1.13", ["SIP/2.0 100", ...plain("INVITE")]),
  invalid("separators where none belong", "3.1.2.1", "To", [
    "INVITE sip:user@example.com SIP/2.0",
    ...plain("INVITE", { To: [`To: sip:j.user@example.com;;,;,,`] })
  ]),
  invalid(
    "a Content-Length that is too large",
    "3.1.2.2",
    "body",
    ["INVITE sip:user@example.com SIP/2.0", ...plain("INVITE", { "Content-Length": ["Content-Length: 9999"] })],
    "v=0\r\n"
  ),
  invalid("a negative Content-Length", "3.1.2.3", "Content-Length", [
    "INVITE sip:user@example.com SIP/2.0",
    ...plain("INVITE", { "Content-Length": ["Content-Length: -999"] })
  ]),
  invalid("a sequence number that is too large", "3.1.2.4", "CSeq", [
    "REGISTER sip:example.com SIP/2.0",
    ...plain("REGISTER", { CSeq: ["CSeq: 36893488147419103232 REGISTER"] })
  ]),
  invalid("Max-Forwards that is too large", "3.1.2.4", "Max-Forwards", [
    "REGISTER sip:example.com SIP/2.0",
    ...plain("REGISTER", { "Max-Forwards": ["Max-Forwards: 300"] })
  ]),
  invalid("a sequence number of 2^31 in a response", "3.1.2.5", "CSeq", [
    "SIP/2.0 503 Service Unavailable",
    ...plain("INVITE", { CSeq: ["CSeq: 2147483648 INVITE"] })
  ]),
  invalid("a quotation that does not end", "3.1.2.6", "To", [
    "INVITE sip:user@example.com SIP/2.0",
    ...plain("INVITE", { To: [`To: "Mr. J. User <sip:j.user@example.com>`] })
  ]),
  invalid("angle brackets around the request's URI", "3.1.2.7", "startLine", [
    "INVITE <sip:user@example.com> SIP/2.0",
    ...plain("INVITE")
  ]),
  invalid("white space within the request's URI", "3.1.2.8", "startLine", [
    "INVITE sip:user@example.com; lr SIP/2.0",
    ...plain("INVITE")
  ]),
  invalid("several spaces in the start line", "3.1.2.9", "startLine", [
    "INVITE  sip:user@example.com  SIP/2.0",
    ...plain("INVITE")
  ]),
  invalid("white space at the end of the start line", "3.1.2.10", "startLine", [
    "OPTIONS sip:remote-target@example.com SIP/2.0  ",
    ...plain("OPTIONS")
  ]),
  invalid("a display name that should be quoted", "3.1.2.15", "To", [
    "OPTIONS sip:user@example.com SIP/2.0",
    ...plain("OPTIONS", { To: ["To: Bell, Alexander <sip:a.g.bell@example.com>"] })
  ]),
  invalid("an address within an address", "3.1.2.14", "To", [
    "OPTIONS sip:user@example.com SIP/2.0",
    ...plain("OPTIONS", { To: [`To: <"Joe" <sip:joe@example.org>>`] })
  ]),
  invalid("an unknown version", "3.1.2.16", "startLine", ["OPTIONS sip:t@example.com SIP/7.0", ...plain("OPTIONS")]),
  invalid("a method that CSeq contradicts", "3.1.2.17", "CSeq", [
    "OPTIONS sip:user@example.com SIP/2.0",
    ...plain("OPTIONS", { CSeq: ["CSeq: 8 INVITE"] })
  ]),
  invalid("an overlong status", "3.1.2.19", "startLine", ["SIP/2.0 4294967301 better not break", ...plain("INVITE")]),
  invalid("a status that is none", "3.1.2.19", "startLine", ["SIP/2.0 099 Early", ...plain("INVITE")]),
  valid("a branch that is only the cookie", "3.2.1", [
    "OPTIONS sip:user@example.com SIP/2.0",
    ...plain("OPTIONS", { Via: ["Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK"] })
  ]),
  invalid("no Call-ID", "3.3.1", "Call-ID", [
    "INVITE sip:user@example.com SIP/2.0",
    ...plain("INVITE", { "Call-ID": [] })
  ]),
  invalid("no Via", "3.3.1", "Via", ["INVITE sip:user@example.com SIP/2.0", ...plain("INVITE", { Via: [] })]),
  valid("a request to an unknown scheme", "3.3.2", [
    "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0",
    ...plain("OPTIONS")
  ]),
  valid("a request to soap.beep", "3.3.3", ["OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0", ...plain("OPTIONS")]),
  valid("From and To of unknown schemes", "3.3.4", [
    "REGISTER sip:example.com SIP/2.0",
    ...plain("REGISTER", { To: ["To: isbn:2983792873"], From: ["From: <http://www.example.com>;tag=3234233"] })
  ]),
  valid("unknown extensions in Require", "3.3.5", [
    "OPTIONS sip:user@example.com SIP/2.0",
    ...plain("OPTIONS", { Require: ["Require: nothingSupportsThis, nothingSupportsThisEither"] })
  ]),
  invalid("single values that are doubled", "3.3.8", "CSeq", [
    "INVITE sip:user@company.com SIP/2.0",
    ...plain("INVITE", { CSeq: ["CSeq: 5 INVITE", "CSeq: 59 INVITE"] })
  ]),
  invalid(
    "two Content-Lengths",
    "3.3.9",
    "Content-Length",
    [
      "OPTIONS sip:user@example.com SIP/2.0",
      ...plain("OPTIONS", { "Content-Length": ["Content-Length: 13", "Content-Length: 5"] })
    ],
    "There's no way to know how many octets are supposed to be here.\r\n"
  ),
  valid("an answer from a broadcast address", "3.3.10", [
    "SIP/2.0 200 OK",
    ...plain("INVITE", {
      Via: [
        "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923",
        "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23"
      ]
    })
  ]),
  valid("Max-Forwards of zero", "3.3.11", [
    "OPTIONS sip:user@example.com SIP/2.0",
    ...plain("OPTIONS", { "Max-Forwards": ["Max-Forwards: 0"] })
  ]),
  valid("a REGISTER with a parameter of the Contact", "3.3.12", [
    "REGISTER sip:example.com SIP/2.0",
    ...plain("REGISTER", { Contact: ["Contact: sip:+19725552222@gw1.example.net;unknownparam"] })
  ]),
  valid("a message of RFC 2543", "3.4.1", [
    "INVITE sip:UserB@example.com SIP/2.0",
    ...plain("INVITE", {
      Via: ["Via: SIP/2.0/UDP iftgw.example.com"],
      From: ["From: sip:+1-650-555-2222@example.com"],
      "Max-Forwards": []
    })
  ])
]
