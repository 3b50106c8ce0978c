/** What Intel signs about platforms: Intel PCS v4, as far as it is read. */

export type TcbLevel<Tcb> = { tcb: Tcb; tcbStatus: string; advisoryIDs?: string[] };
type IsvLevels = readonly TcbLevel<{ readonly isvsvn: number }>[];
type Dated = Record<"id" | "issueDate" | "nextUpdate", string> &
  Record<"version" | "tcbEvaluationDataNumber", number>;
type Components = readonly { readonly svn: number }[];
type PlatformTcb = { pcesvn: number; sgxtcbcomponents: Components; tdxtcbcomponents: Components };
type TdxModule = Record<"mrsigner" | "attributes" | "attributesMask", string>;

/** `/tdx/certification/v4/tcb` */
export type TcbInfo = Dated & {
  readonly fmspc: string;
  readonly pceId: string;
  readonly tdxModule: TdxModule;
  readonly tdxModuleIdentities?: readonly (TdxModule & { id: string; tcbLevels: IsvLevels })[];
  readonly tcbLevels: readonly TcbLevel<PlatformTcb>[];
};

/** `/tdx/certification/v4/qe/identity` */
export type QeIdentity = Dated &
  Record<"miscselect" | "miscselectMask" | "attributes" | "attributesMask" | "mrsigner", string> & {
    readonly isvprodid: number;
    readonly tcbLevels: IsvLevels;
  };
