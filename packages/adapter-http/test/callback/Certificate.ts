import * as Crypto from "node:crypto"

export interface Certificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

/** A certificate that speaks for itself, made for this run: no key is kept among the sources, and none expires. */
export const selfSigned = (name: { readonly dns: string } | { readonly ip: string }): Certificate => {
  const { privateKey, publicKey } = Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
  const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
  const subject = sequence(
    der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(Object.values(name).join()))))
  )
  const alternative = "dns" in name ? der(0x82, Buffer.from(name.dns)) : der(0x87, Buffer.from(octets(name.ip)))
  const extension = sequence(oid(0x55, 0x1d, 0x11), der(0x04, sequence(alternative)))
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), Crypto.randomBytes(8)])),
    ecdsaWithSha256,
    subject,
    sequence(der(0x18, Buffer.from("20000101000000Z")), der(0x18, Buffer.from("99991231235959Z"))),
    subject,
    publicKey.export({ format: "der", type: "spki" }),
    der(0xa3, sequence(extension))
  )
  const signature = der(0x03, Buffer.of(0), Crypto.sign("sha256", toBeSigned, privateKey))
  const base64 = sequence(toBeSigned, ecdsaWithSha256, signature).toString("base64")
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString()
  }
}

const der = (tag: number, ...contents: ReadonlyArray<Buffer>): Buffer => {
  const content = Buffer.concat(contents)
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), content])
}

const sequence = (...contents: ReadonlyArray<Buffer>): Buffer => der(0x30, ...contents)

const oid = (...bytes: ReadonlyArray<number>): Buffer => der(0x06, Buffer.from(bytes))

const octets = (ip: string): ReadonlyArray<number> => ip.split(".").map(Number)
