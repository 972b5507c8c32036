import type { OperationInput, OperationRequest, OperationResponse } from '../operation.ts';
import { accountOperations } from './account.ts';
import { administrationOperations } from './administration.ts';
import { conversationOperations } from './conversations.ts';
import { messageOperations } from './messages.ts';

/** The HTTP API: every operation by its operationId. */
export const operations = {
  ...accountOperations,
  ...conversationOperations,
  ...messageOperations,
  ...administrationOperations,
};

export type OperationId = keyof typeof operations;
/** The input of a call of `Id`. */
export type InputOf<Id extends OperationId> = OperationInput<(typeof operations)[Id]>;
/** The request that a handler of `Id` receives. */
export type RequestOf<Id extends OperationId> = OperationRequest<(typeof operations)[Id]>;
/** The response of `Id`. */
export type ResponseOf<Id extends OperationId> = OperationResponse<(typeof operations)[Id]>;
