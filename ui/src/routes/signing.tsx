export { SignInBox as default } from "../features/account/SignInBox";
