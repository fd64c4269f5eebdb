-- Whose a token is: the account of the person who made it. NULL is one of the operator.
ALTER TABLE token ADD COLUMN account TEXT;
